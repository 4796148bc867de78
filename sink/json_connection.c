/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines about one connection: failure, and connection with --all. See json_line.h. */
#include <string.h>

#include "base/compiler.h"
#include "sink/json_line.h"
#include "verdict/explain.h"
#include "verdict/icmp_name.h"
#include "verdict/speech_name.h"
#include "verdict/speech_words.h"

#define TLS_ALERT_FATAL 2

static const char *severity(const struct connection_event *event)
{
    if (!event->is_failure)
        return "info";
    return event->family == FAMILY_RST_FORGED ? "error" : "warning";
}

static json_t *icmp(const struct icmp_facts *facts)
{
    if (facts->frame == 0)
        return json_null();
    return json_pack("{s:i, s:i, s:s, s:o, s:o}", "type", facts->type, "code", facts->code, "name",
                     icmp_name(facts->is_v6, facts->type, facts->code), "from",
                     json_address(&facts->from), "mtu", json_count_or_null(facts->mtu_bytes));
}

/* What the client offers; each name has its length before it. */
static json_t *alpn(const struct tls_facts *tls)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < tls->n_alpn_bytes; i += 1u + tls->alpn[i]) {
        char name[TLS_ALPN_MAX_BYTES] = "";

        memcpy(name, tls->alpn + i + 1, tls->alpn[i]);
        json_array_append_new(array, json_clean(name));
    }
    return array;
}

/* The first fatal alert in plain text, beside what the hellos say. */
static json_t *tls(const struct connection_event *event)
{
    const struct tls_facts *tls = &event->said.tls;
    enum flow_side side;
    json_t *object;

    if (event->said.kind != READER_TLS)
        return json_null();
    side = speech_first(tls->side[TLS_CLIENT].alert.frame, tls->side[TLS_SERVER].alert.frame);
    object = json_pack("{s:o, s:s?, s:o}", "server_name",
                       tls->server_name[0] ? json_clean(tls->server_name) : json_null(), "version",
                       tls->version ? tls_version_name(tls->version) : NULL, "alpn", alpn(tls));
    if (side == SIDE_COUNT)
        json_object_update_new(object, json_pack("{s:n, s:n, s:n, s:n}", "alert_level",
                                                 "alert_code", "alert_name", "alert_by"));
    else
        json_object_update_new(object,
                               json_pack("{s:i, s:i, s:s, s:s}", "alert_level", TLS_ALERT_FATAL,
                                         "alert_code", tls->side[side].alert_code, "alert_name",
                                         tls_alert_name(tls->side[side].alert_code), "alert_by",
                                         side == SIDE_CLIENT ? "client" : "server"));
    return object;
}

static json_t *text_or_null(const char *text)
{
    return text[0] ? json_clean(text) : json_null();
}

/* An end with an error; else, where the verdict is about a stream, what it rests on. */
static json_t *http2(const struct connection_event *event)
{
    const struct http2_side_facts *server = &event->said.http.http2.side[SIDE_SERVER];
    bool is_left_out = event->verdict == VERDICT_H2_STREAM_REFUSED &&
                       event->said.kind == READER_HTTP && server->goaway.frame;
    struct speech_words words;
    bool is_goaway = true;

    if (!speech_goaway(&event->said, event->speech, &words)) {
        is_goaway = false;
        if (!speech_reset(&event->said, &words) && !is_left_out)
            return json_null();
        if (is_left_out) {
            is_goaway = true;
            words = (struct speech_words){.stream = server->goaway_last_stream,
                                          .text = server->goaway_debug};
        }
    }
    return json_pack("{s:s, s:I, s:s, s:o, s:o}", "frame", is_goaway ? "goaway" : "rst_stream",
                     "error_code", json_count(words.code), "error_name",
                     http2_error_name(words.code), "debug", text_or_null(words.text), "last_stream",
                     is_goaway ? json_integer(words.stream) : json_null());
}

static json_t *grpc(const struct connection_event *event)
{
    struct grpc_words words;

    if (!speech_grpc(&event->said, &words))
        return json_null();
    return json_pack("{s:i, s:s, s:o, s:o}", "status", words.status, "status_name",
                     grpc_status_name(words.status), "message", json_clean(words.message), "method",
                     text_or_null(words.method));
}

static json_t *flag_letters(uint16_t flags)
{
    static const struct {
        uint16_t flag;
        char letter;
    } table[] = {{TCP_SYN, 'S'}, {TCP_FIN, 'F'}, {TCP_RST, 'R'}, {TCP_PSH, 'P'},
                 {TCP_ACK, 'A'}, {TCP_URG, 'U'}, {TCP_ECE, 'E'}, {TCP_CWR, 'C'}};
    char letters[ARRAY_LEN(table)];
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (flags & table[i].flag)
            letters[n++] = table[i].letter;
    return json_stringn_nocheck(letters, n);
}

static json_t *integer_if(bool is_there, uint32_t value)
{
    return is_there ? json_integer(value) : json_null();
}

static json_t *evidence_object(const struct run_info *run, const struct connection_event *event,
                               const struct evidence *seen)
{
    const struct packet_mark *mark = &seen->mark;
    bool is_icmp = seen->kind == EVIDENCE_ICMP;
    bool is_v6 = is_icmp ? event->icmp.is_v6 : (mark->bits & MARK_V6) != 0;
    const char *dir = mark->side == SIDE_CLIENT ? "c2s" : "s2c";
    json_t *object = json_object();

    json_add(object, "frame", json_count_or_null(mark->frame));
    json_add(object, "ts", json_stamp(run, mark->ts_ns));
    json_add(object, "dir", json_name(is_icmp ? "icmp" : dir));
    json_add(object, "kind", json_name(evidence_kind_name((enum evidence_kind)seen->kind)));
    json_add(object, "flags", flag_letters(is_icmp ? 0 : mark->flags));
    json_add(object, "seq", integer_if(seen->has_rel_seq, seen->rel_seq));
    json_add(object, "ack", integer_if(seen->has_rel_ack, seen->rel_ack));
    json_add(object, "len", json_number(mark->payload_bytes));
    json_add(object, "win", integer_if(!is_icmp, mark->window));
    json_add(object, "ttl", json_integer(mark->ttl));
    json_add(object, "ip_id", integer_if(!is_v6, mark->ip_id));
    json_add(object, "odd", json_boolean(seen->is_odd));
    json_add(object, "note", json_clean(seen->note));
    return object;
}

static json_t *evidence_array(const struct run_info *run, const struct connection_event *event)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < event->n_evidence; i++)
        json_array_append_new(array, evidence_object(run, event, &event->evidence[i]));
    return array;
}

static json_t *reasons(const struct reason *reason, unsigned n)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < n; i++) {
        json_t *object = json_object();

        json_add(object, "code", json_name(reason[i].code));
        json_add(object, "value", json_clean(reason[i].value));
        json_add(object, "frames", json_frames(reason[i].frame, ARRAY_LEN(reason[i].frame)));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *alternatives(const struct connection_event *event)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < event->n_alternatives; i++)
        json_array_append_new(array, json_name(verdict_row(event->alternatives[i])->slug));
    return array;
}

static json_t *next_steps(const struct connection_event *event)
{
    struct next_step steps[NEXT_STEPS_MAX];
    unsigned n = explain_next_steps(event, steps);
    json_t *array = json_array();

    for (unsigned i = 0; i < n; i++) {
        json_t *object = json_object();

        json_add(object, "where", json_name(steps[i].where));
        json_add(object, "cmd", json_clean(steps[i].cmd));
        json_add(object, "why", json_clean(steps[i].why));
        json_array_append_new(array, object);
    }
    return array;
}

/* The last entry of the longest list; `evidence_total` keeps telling how many there were. */
static bool shed_longest(json_t *line)
{
    static const char *const lists[] = {"evidence", "because", "against", "next"};
    json_t *longest = NULL;
    size_t n_longest = 0;

    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        json_t *list = json_object_get(line, lists[i]);

        if (json_array_size(list) > n_longest) {
            longest = list;
            n_longest = json_array_size(list);
        }
    }
    return n_longest > 0 && json_array_remove(longest, n_longest - 1) == 0;
}

static void add_verdict(json_t *line, const struct run_info *run,
                        const struct connection_event *event)
{
    json_add(line, "outcome", json_name(outcome_name(event->outcome)));
    json_add(line, "family", json_name(family_name(event->family)));
    json_add(line, "verdict", json_name(verdict_row(event->verdict)->slug));
    json_add(line, "confidence", json_name(confidence_name(event->confidence)));
    json_add(line, "stage", json_name(stage_name(event->stage)));
    json_add(line, "blame", json_name(blame_name(event->blame)));
    json_add(line, "count", json_number(event->count));
    json_add(line, "incident_id", json_incident_id(run, event->incident));
}

/* What the network, the two ends and the host said. */
static void add_speech(json_t *line, const struct connection_event *event)
{
    json_add(line, "icmp", icmp(&event->icmp));
    json_add(line, "tls", tls(event));
    json_add(line, "http2", http2(event));
    json_add(line, "grpc", grpc(event));
    json_add(line, "host", json_host(&event->host));
}

static void add_reasoning(json_t *line, const struct run_info *run,
                          const struct connection_event *event)
{
    json_add(line, "evidence", evidence_array(run, event));
    json_add(line, "evidence_total", json_number(event->evidence_total));
    json_add(line, "because", reasons(event->because, event->n_because));
    json_add(line, "against", reasons(event->against, event->n_against));
    json_add(line, "alternatives", alternatives(event));
    json_add(line, "next", next_steps(event));
}

void json_build_connection(struct json_line *line, const struct run_info *run,
                           const struct connection_event *event)
{
    struct text text = TEXT_OF(line->message);
    json_t *whole;

    line->event = event->is_failure ? "failure" : "connection";
    line->severity = severity(event);
    line->shed = shed_longest;
    explain_message(event, &text);
    whole = json_begin(line, run);
    add_verdict(whole, run, event);
    json_add(whole, "flow", json_flow(run, event));
    add_speech(whole, event);
    add_reasoning(whole, run, event);
}
