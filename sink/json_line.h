/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line of the JSON contract on its way to the output, and the values that lines are made of.
 * docs/json.md says what every field means; docs/tcpwhy-event-1.schema.json how it looks.
 */
#ifndef SINK_JSON_LINE_H
#define SINK_JSON_LINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "sink/sink.h"

#define JSON_SCHEMA_VERSION "1.0"
#define JSON_LINE_BYTES 8192  /* with its LF; what carries lines cuts at 16 KiB and more */
#define JSON_STRING_BYTES 256 /* of any one string */

struct json_line {
    uint64_t seq;
    const char *event;    /* of the contract: "start", "failure" ... */
    const char *severity; /* "info", "notice", "warning", "error" */
    int64_t ts_ns;        /* NS_NEVER: written as the epoch */
    char message[JSON_STRING_BYTES + 1];
    json_t *whole; /* of json_begin(); NULL before, and where there was no memory */
    /* Takes one thing out of a line that is too long; false where nothing is left to take. */
    bool (*shed)(json_t *line);
};

/* What the sink itself counts, for `total`. */
struct json_counts {
    uint64_t n_lines;   /* the line that is being built included */
    uint64_t n_waiting; /* of them, to be written; 0 in replay */
    uint64_t n_errors;  /* of them, left out */
};

/* Each makes line->whole. Nodes are of a json_arena: nobody lets go of them one by one, and those
 * that could not be had are missing. */
void json_build_start(struct json_line *line, const struct run_info *run);
void json_build_stats(struct json_line *line, const struct run_info *run,
                      const struct stats_info *stats, const struct json_counts *counts);
void json_build_stop(struct json_line *line, const struct run_info *run,
                     const struct stop_info *stop, const struct json_counts *counts);
void json_build_connection(struct json_line *line, const struct run_info *run,
                           const struct connection_event *event);
void json_build_incident(struct json_line *line, const struct run_info *run,
                         const struct incident_event *event);

/* What the line has common with all others, in its order; the builder adds what is its own. Of the
 * members of `line` all but `whole` are set by then. */
json_t *json_begin(struct json_line *line, const struct run_info *run);

/* Adds a member; `key` is ours and not yet in `object`. What stands in every failure's line is put
 * together so: json_pack() reads a format and looks at each byte of each string, for twice the
 * cost. */
static inline void json_add(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new_nocheck(object, key, value);
}

/* A string of ours, which is valid UTF-8 and of any length. NULL: null. */
static inline json_t *json_name(const char *name)
{
    return name != NULL ? json_string_nocheck(name) : json_null();
}

/* `flow` of a connection line: which connection it was and how it went. */
json_t *json_flow(const struct run_info *run, const struct connection_event *event);

/* `host` of a connection line; null where the kernel was not asked. */
json_t *json_host(const struct host_evidence *host);

/* Counters beyond what a JSON integer can be stay at its end. */
json_int_t json_count(uint64_t count);

/* The same as a node. */
json_t *json_number(uint64_t count);

/* null for 0: a count whose 0 means that there is none. */
json_t *json_count_or_null(uint64_t count);

/* A string of strangers: U+FFFD for what is no UTF-8, at most JSON_STRING_BYTES. NULL: null. */
json_t *json_clean(const char *string);

/* Of a time of the capture, as the packets were dated; null for NS_NEVER. */
json_t *json_stamp(const struct run_info *run, int64_t ns);

/* Of the wall clock. */
json_t *json_wall_stamp(int64_t ns);

json_t *json_address(const struct ipaddr *addr);
json_t *json_endpoint(const struct endpoint *endpoint);
json_t *json_flow_id(uint64_t flow_id);
#define IANA_TCP 6
json_t *json_community_id(const struct run_info *run, uint8_t proto, const struct endpoint *client,
                          const struct endpoint *server);

/* "run-number"; null for incident 0. */
json_t *json_incident_id(const struct run_info *run, uint32_t number);

/* Frame numbers up to the first 0 or the end of `frames`. */
json_t *json_frames(const uint64_t *frames, size_t n_frames);

#endif
