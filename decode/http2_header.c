/* SPDX-License-Identifier: BSD-2-Clause */
/* What a header block says: status, gRPC's trailers, and which request they answer. See http2.h. */
#include <string.h>
#include <strings.h>

#include "decode/http2.h"

static bool is_text(const char *text, size_t n_text, const char *wanted)
{
    return strlen(wanted) == n_text && memcmp(text, wanted, n_text) == 0;
}

static uint16_t read_number(const char *value, size_t n_value)
{
    unsigned number = 0;

    for (size_t i = 0; i < n_value; i++) {
        if (value[i] < '0' || value[i] > '9' || number > 6000)
            return UINT16_MAX;
        number = number * 10 + (unsigned)(value[i] - '0');
    }
    return n_value ? (uint16_t)number : UINT16_MAX;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* gRPC's "Percent-Encoded" (PROTOCOL-HTTP2.md); a wrong escape stands for itself. */
static void decode_message(char *to, size_t room, const char *value, size_t n_value)
{
    size_t n = 0;

    for (size_t i = 0; i < n_value && n < room - 1; i++) {
        int high = i + 2 < n_value ? hex_digit(value[i + 1]) : -1;
        int low = i + 2 < n_value ? hex_digit(value[i + 2]) : -1;

        if (value[i] == '%' && high >= 0 && low >= 0 && (high || low)) {
            to[n++] = (char)(high << 4 | low);
            i += 2;
        } else if (value[i] != '\0') {
            to[n++] = value[i];
        }
    }
    to[n] = '\0';
}

void http2_header(struct http2_block *block, const char *name, size_t n_name, const char *value,
                  size_t n_value)
{
    static const char grpc[] = "application/grpc";

    if (is_text(name, n_name, ":status")) {
        block->status = read_number(value, n_value);
    } else if (is_text(name, n_name, ":path")) {
        speech_keep(block->text, HTTP2_METHOD_BYTES, value, n_value);
    } else if (is_text(name, n_name, "content-type")) {
        block->is_grpc |=
            n_value >= sizeof(grpc) - 1 && strncasecmp(value, grpc, sizeof(grpc) - 1) == 0;
    } else if (is_text(name, n_name, "grpc-status")) {
        block->has_grpc_status = true;
        block->grpc_status = read_number(value, n_value);
    } else if (is_text(name, n_name, "grpc-message")) {
        decode_message(block->text, sizeof(block->text), value, n_value);
    } else if (is_text(name, n_name, "server")) {
        speech_keep(block->server, sizeof(block->server), value, n_value);
    }
}

/* ---- requests ---- */

static void keep_request(struct http2 *http2, const struct http2_block *block,
                         const struct speech_place *place)
{
    struct http2_request *request = &http2->request[http2->request_at];

    http2->request_at = (uint8_t)((http2->request_at + 1) % HTTP2_REQUESTS_KEPT);
    request->stream = block->stream;
    request->place = *place;
    request->is_grpc = block->is_grpc;
    memcpy(request->path, block->text, sizeof(request->path));
}

static const struct http2_request *request_of(const struct http2 *http2, uint32_t stream)
{
    static const struct http2_request unknown = {0};

    for (size_t i = 0; i < HTTP2_REQUESTS_KEPT; i++) {
        if (http2->request[i].stream == stream)
            return &http2->request[i];
    }
    return &unknown;
}

static void end_request(struct http2 *http2, struct http2_facts *facts,
                        const struct http2_block *block, const struct speech_place *place)
{
    facts->is_grpc |= block->is_grpc;
    if (block->stream <= facts->last_client_stream) /* trailers */
        return;
    facts->last_client_stream = block->stream;
    keep_request(http2, block, place);
}

/* ---- responses ---- */

static void end_grpc(const struct http2_request *request, struct http2_facts *facts,
                     const struct http2_block *block, const struct speech_place *place)
{
    facts->is_grpc = true;
    facts->grpc_answered = *place;
    if (block->grpc_status == 0 || facts->grpc.frame)
        return;
    facts->grpc = *place;
    facts->grpc_status = block->grpc_status;
    facts->grpc_stream = block->stream;
    memcpy(facts->grpc_message, block->text, sizeof(facts->grpc_message));
    memcpy(facts->grpc_method, request->path, sizeof(facts->grpc_method));
}

static void end_response(const struct http2 *http2, struct http2_facts *facts,
                         const struct http2_block *block, const struct speech_place *place)
{
    const struct http2_request *request = request_of(http2, block->stream);

    if (block->has_grpc_status) {
        end_grpc(request, facts, block, place);
        return;
    }
    if (!http_refuses(block->status) || facts->refusal.status)
        return;
    facts->refusal.place = *place;
    facts->refusal.asked = request->place;
    facts->refusal.status = block->status;
    facts->refusal.stream = block->stream;
    facts->is_refusal_grpc = request->is_grpc;
    http_author_field(&facts->refusal, "server", sizeof("server") - 1, block->server,
                      strlen(block->server));
    if (request->is_grpc)
        memcpy(facts->grpc_method, request->path, sizeof(facts->grpc_method));
}

void http2_block_end(struct http2 *http2, struct http2_facts *facts, enum http2_from from,
                     const struct speech_place *place)
{
    struct http2_block *block = &http2->reader[from].block;

    if (from == HTTP2_CLIENT)
        end_request(http2, facts, block, place);
    else
        end_response(http2, facts, block, place);
    *block = (struct http2_block){0};
}
