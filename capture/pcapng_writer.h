/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes pcapng files (draft-ietf-opsawg-pcapng): packets with comments, nanoseconds, several
 * interfaces, drop counts at the end.
 *
 * Blocks are only appended, so a file that broke off is readable up to there. After the first
 * write error nothing more is written (a hole would make the rest unreadable); the file is then
 * to be closed and, where wanted, another opened.
 */
#ifndef CAPTURE_PCAPNG_WRITER_H
#define CAPTURE_PCAPNG_WRITER_H

#include <stdint.h>
#include <stdio.h>

#include "base/compiler.h"
#include "base/err.h"

struct pcapng_writer {
    FILE *file;       /* NULL when closed */
    uint64_t n_bytes; /* written so far, buffered ones included */
    uint32_t n_interfaces;
    int error_number; /* of the first failed write; 0 = none */
};

/* Texts are UTF-8; NULL or "" leaves the option out; longer than 65,532 bytes they are cut. */
struct pcapng_section {
    const char *application; /* "tcpwhy 0.1.0" */
    const char *os;
    const char *comment;
};

struct pcapng_writer_interface {
    const char *name;
    const char *description;
    const char *filter;  /* pcap-filter(7); left out when longer than 4,096 bytes */
    uint32_t snap_bytes; /* 0 = not limited */
    uint16_t linktype;   /* LINKTYPE_ value */
};

struct pcapng_record {
    int64_t ts_ns;
    const uint8_t *bytes;
    uint32_t captured_bytes;
    uint32_t wire_bytes;
    uint32_t interface_idx; /* as pcapng_writer_add_interface numbered it */
    const char *comment;    /* NULL or "": none */
};

struct pcapng_statistics {
    int64_t ts_ns; /* when the counts were taken */
    uint64_t received_pkts;
    uint64_t dropped_pkts; /* by the kernel */
};

/* Creates `path` ("-" is stdout), replacing what was there, and writes the section header. */
MUST_CHECK int pcapng_writer_open(struct pcapng_writer *writer, const char *path,
                                  const struct pcapng_section *section, struct err *err);

/* Interfaces are numbered from 0 in the order they are added; packets of one come after it. */
MUST_CHECK int pcapng_writer_add_interface(struct pcapng_writer *writer,
                                           const struct pcapng_writer_interface *interface,
                                           struct err *err);

MUST_CHECK int pcapng_writer_packet(struct pcapng_writer *writer,
                                    const struct pcapng_record *record, struct err *err);

/* Best last, once per interface. */
MUST_CHECK int pcapng_writer_statistics(struct pcapng_writer *writer, uint32_t interface_idx,
                                        const struct pcapng_statistics *statistics,
                                        struct err *err);

/* Hands what is buffered to the kernel. */
MUST_CHECK int pcapng_writer_flush(struct pcapng_writer *writer, struct err *err);

/* Flushes and closes; reports an error that only shows now (a full disk). Twice is harmless. */
MUST_CHECK int pcapng_writer_close(struct pcapng_writer *writer, struct err *err);

#endif
