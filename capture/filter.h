/* SPDX-License-Identifier: BSD-2-Clause */
/* BPF text -> program, and running one in user space. */
#ifndef CAPTURE_FILTER_H
#define CAPTURE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pcap/pcap.h>

#include "base/compiler.h"
#include "base/err.h"
#include "capture/raw_packet.h"

/* Zeroed is an open filter that keeps everything. */
struct filter {
    struct bpf_program program;
};

/* Joins the words of a command line with spaces. -E2BIG when they do not fit. */
MUST_CHECK int filter_build(const char *const *words, size_t n_words, char *out, size_t out_bytes,
                            struct err *err);

/* Reads a filter as `tcpdump -F` does: '#' starts a comment that runs to the end of its line. */
MUST_CHECK int filter_read_file(const char *path, char *out, size_t out_bytes, struct err *err);

/* Compiles `text` for frames of `linktype`. -EINVAL with a text that shows the place when the
 * filter is wrong. */
MUST_CHECK int filter_compile(struct filter *filter, const char *text, uint16_t linktype,
                              struct err *err);

/* The same for an open handle, whose kernel may offer more (VLAN tags). */
MUST_CHECK int filter_compile_for(struct filter *filter, const char *text, pcap_t *pcap,
                                  struct err *err);

static inline bool filter_keeps(const struct filter *filter, const struct raw_packet *packet)
{
    struct pcap_pkthdr header = {.caplen = packet->captured_bytes, .len = packet->wire_bytes};

    return !filter->program.bf_insns ||
           pcap_offline_filter(&filter->program, &header, packet->bytes) != 0;
}

void filter_close(struct filter *filter);

#endif
