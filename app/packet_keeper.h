/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The newest packets of an input that cannot be read again, an interface or a pipe: for -w and for
 * the screen. What is pushed out by newer ones is gone. Main thread.
 */
#ifndef APP_PACKET_KEEPER_H
#define APP_PACKET_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "app/failed_connection.h"
#include "base/err.h"
#include "base/ring.h"
#include "capture/capture.h"

struct packet_keeper;

/* Keeps up to `memory_bytes` of packets; at least 1 MiB. */
int packet_keeper_open(struct packet_keeper **keeper, uint64_t memory_bytes,
                       struct err *err) MUST_CHECK;

/* `tap` is the capture's, `capture` tells names of interfaces. Both outlive the keeper. */
void packet_keeper_attach(struct packet_keeper *keeper, struct ring *tap,
                          const struct capture *capture);

/* Takes over what the capture has delivered. */
void packet_keeper_drain(struct packet_keeper *keeper);

/* Whether the connection's first packets are gone. */
bool packet_keeper_is_incomplete(const struct packet_keeper *keeper,
                                 const struct failed_connection *connection);

/* 0: go on; above 0: enough; below 0: an error, with its reason. */
typedef int (*packet_keeper_fn)(void *ctx, const struct capture *capture, const struct frame *frame,
                                struct err *err);

/* Takes over what is new and gives the kept packets of the connection to `take`, oldest first;
 * returns the error of `take`. */
int packet_keeper_each(struct packet_keeper *keeper, const struct failed_connection *connection,
                       packet_keeper_fn take, void *ctx, struct err *err) MUST_CHECK;

/* NULL is fine. */
void packet_keeper_close(struct packet_keeper *keeper);

#endif
