/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTTP/2 in clear as it passes (RFC 9113): frames, header blocks, and gRPC's status in them. A
 * push parser: each direction hands in its bytes in order, in pieces of any size.
 *
 * It begins at the connection's preface and nowhere else: inside a connection neither the frames'
 * borders nor the header tables are known. What does not parse, or whose bytes are missing, is
 * given up for good (`is_lost`), and header blocks alone when only they fail (`is_headers_lost`).
 *
 * Header blocks are inflated by libnghttp2, which allocates: from a pool that was taken at start.
 * Where the pool is full a connection is read without its headers, and that is counted.
 */
#ifndef DECODE_HTTP2_H
#define DECODE_HTTP2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/blocks.h"
#include "decode/http_refusal.h"
#include "decode/speech.h"

enum http2_from {
    HTTP2_CLIENT,
    HTTP2_SERVER,
    HTTP2_FROM_COUNT
};

/* RFC 9113 section 7; those that are told apart. */
enum http2_error {
    HTTP2_NO_ERROR = 0,
    HTTP2_REFUSED_STREAM = 7,
    HTTP2_CANCEL = 8,
    HTTP2_ENHANCE_YOUR_CALM = 11,
    HTTP2_INADEQUATE_SECURITY = 12,
    HTTP2_HTTP_1_1_REQUIRED = 13
};

#define HTTP2_DEBUG_BYTES 64
#define HTTP2_MESSAGE_BYTES 201 /* VERDICTS.md 13.7: 200 and the end */
#define HTTP2_METHOD_BYTES 64
#define HTTP2_SERVER_BYTES 24

/* Texts may hold any byte but 0, which ends them. */
struct http2_side_facts {
    struct speech_place settings; /* its first frame */
    struct speech_place goaway;   /* its first GOAWAY with an error, else its last one */
    struct speech_place reset;    /* its first RST_STREAM that tells something: see http2_frame.c */
    uint32_t goaway_code, goaway_last_stream;
    uint32_t reset_code, reset_stream;
    uint32_t n_goaway, n_reset, n_headers; /* frames; headers: blocks */
    bool is_lost, is_headers_lost;
    char goaway_debug[HTTP2_DEBUG_BYTES];
};

struct http2_facts {
    struct http2_side_facts side[HTTP2_FROM_COUNT];
    struct http_refusal refusal;       /* first response that refuses */
    struct speech_place grpc;          /* first grpc-status other than 0 */
    struct speech_place grpc_answered; /* last grpc-status of any kind */
    uint32_t last_client_stream;       /* highest that a request opened */
    uint32_t last_server_stream;  /* highest of the client's that the server said anything on */
    uint32_t last_dropped_stream; /* highest that the client gave up by RST_STREAM, */
    struct speech_place dropped;  /* and where */
    uint32_t grpc_stream;
    uint16_t grpc_status;
    bool is_grpc;         /* a request or response said so by its content-type */
    bool is_refusal_grpc; /* the request that the refusal answers was gRPC */
    bool has_preface;
    char grpc_message[HTTP2_MESSAGE_BYTES]; /* percent-decoded */
    char grpc_method[HTTP2_METHOD_BYTES];   /* :path of the request; empty where unknown */
};

/* Where inflaters live; one for each worker. */
struct http2_pool {
    struct blocks blocks;
    void *allocator;            /* libnghttp2's view of the blocks */
    uint64_t n_headers_refused; /* connections read without headers, for want of room */
};

size_t http2_pool_cost_bytes(uint32_t order);
int http2_pool_create(struct http2_pool *pool, struct arena *arena, uint32_t order) MUST_CHECK;

#define HTTP2_REQUESTS_KEPT 4

struct http2_request {
    struct speech_place place;
    uint32_t stream; /* 0 = empty */
    bool is_grpc;
    char path[HTTP2_METHOD_BYTES];
};

/* A header block being read. */
struct http2_block {
    uint32_t stream;
    uint16_t status; /* 0 = none */
    bool is_open, is_grpc, has_grpc_status;
    uint16_t grpc_status;
    char server[HTTP2_SERVER_BYTES];
    char text[HTTP2_MESSAGE_BYTES]; /* the client's path, or gRPC's message from the server */
};

/* One direction. */
struct http2_reader {
    void *inflater;       /* libnghttp2's; NULL = none yet */
    uint32_t table_bytes; /* the other side's SETTINGS_HEADER_TABLE_SIZE */
    uint32_t frame_max_bytes;
    uint32_t left_bytes; /* of the frame's payload */
    uint32_t stream;
    uint8_t state, type, flags, n_pad;
    bool keeps_debug; /* the GOAWAY being read is the one in the facts */
    uint8_t n_head;
    uint8_t head[16]; /* of a frame, of its payload, or of a setting */
    struct http2_block block;
};

/* One connection; begin with http2_begin(), end with http2_end(). */
struct http2 {
    struct http2_pool *pool;
    struct http2_reader reader[HTTP2_FROM_COUNT];
    struct http2_request request[HTTP2_REQUESTS_KEPT];
    uint8_t request_at;
};

/* RFC 9113 section 3.4 */
#define HTTP2_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

/* http2_frame.c: all of the text is how a client's preface begins. */
bool http2_begins_preface(const char *text, size_t n_text);

/* n_preface_bytes of the client's preface were read already (HTTP1_PREFACE_BYTES after a switch
 * from HTTP/1, else 0). */
void http2_begin(struct http2 *http2, struct http2_pool *pool, size_t n_preface_bytes);
void http2_end(struct http2 *http2);

/* Reads the next bytes of one direction; `place` is where they were seen. */
void http2_read(struct http2 *http2, struct http2_facts *facts, enum http2_from from,
                const uint8_t *bytes, size_t n_bytes, const struct speech_place *place);

/* The next bytes of a direction are missing. True: they lie within one frame's payload, and reading
 * goes on behind them (without headers, where it was theirs); else the direction is given up. */
bool http2_skip(struct http2 *http2, struct http2_facts *facts, enum http2_from from,
                uint32_t n_bytes);

/* http2_frame.c: a GOAWAY's first 8 bytes (true: it is the one to keep the text of); a RST_STREAM.
 */
bool http2_goaway(struct http2_side_facts *side, const uint8_t *payload,
                  const struct speech_place *place);
void http2_reset(struct http2_side_facts *side, uint32_t code, uint32_t stream,
                 const struct speech_place *place);

/* http2_frame.c: the server said something on a stream; the client gave one up. Even ones are the
 * server's own. */
void http2_answered(struct http2_facts *facts, uint32_t stream);
void http2_dropped(struct http2_facts *facts, uint32_t stream, const struct speech_place *place);

/* http2_header.c: one header field of a block, and the block's end. */
void http2_header(struct http2_block *block, const char *name, size_t n_name, const char *value,
                  size_t n_value);
void http2_block_end(struct http2 *http2, struct http2_facts *facts, enum http2_from from,
                     const struct speech_place *place);

#endif
