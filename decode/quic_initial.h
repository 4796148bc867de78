/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands in a server's Initial packets. Their keys follow from the connection ID that the
 * client chose (RFC 9001 section 5.2): the encryption keeps nothing secret, its tag shows that the
 * sender saw the client's Initial.
 */
#ifndef DECODE_QUIC_INITIAL_H
#define DECODE_QUIC_INITIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/quic.h"

#define QUIC_INITIAL_MAX_BYTES 1500 /* longer ones do not travel, and are not opened */

/*
 * Opens a QUIC_INITIAL that the server sent. `key_id`: the client's first destination ID, or that
 * of the Retry that it obeyed. Returns how many bytes of frames are in `frames`; 0 where the packet
 * is cut, has another key, or was changed.
 */
size_t quic_open_initial(const struct quic_packet *packet, const struct quic_id *key_id,
                         uint8_t frames[QUIC_INITIAL_MAX_BYTES]);

/* Looks for a CONNECTION_CLOSE among the frames that an Initial may have (RFC 9000 section 12.4,
 * table 3); false where there is none in front of what is no such frame. */
bool quic_find_close(const uint8_t *frames, size_t n_bytes, struct quic_close *close);

#endif
