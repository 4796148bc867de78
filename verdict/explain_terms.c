/* SPDX-License-Identifier: BSD-2-Clause */
/* The terms of the texts: what each `{name}` of a template stands for. See explain_words.h. */
#include <inttypes.h>
#include <string.h>

#include "base/calendar.h"
#include "base/compiler.h"
#include "base/nanotime.h"
#include "verdict/explain_words.h"
#include "verdict/icmp_name.h"
#include "verdict/speech_name.h"

static void add_addr(const struct ipaddr *addr, struct text *text)
{
    char buffer[IPADDR_TEXT_BYTES];

    text_add(text, ipaddr_format(addr, buffer));
}

static void add_endpoint(const struct endpoint *endpoint, struct text *text)
{
    bool is_v4 = ipaddr_is_v4(&endpoint->addr);

    text_add(text, is_v4 ? "" : "[");
    add_addr(&endpoint->addr, text);
    text_addf(text, "%s:%u", is_v4 ? "" : "]", endpoint->port);
}

/* The packet of that kind that the verdict rests on, else the last of that kind. */
static const struct packet_mark *find_mark(const struct connection_event *event,
                                           enum evidence_kind kind)
{
    const struct packet_mark *last = NULL;

    for (unsigned i = 0; i < event->n_evidence; i++) {
        const struct evidence *seen = &event->evidence[i];

        if (seen->kind == kind && seen->is_odd)
            return &seen->mark;
        if (seen->kind == kind)
            last = &seen->mark;
    }
    return last;
}

/* When the client last sent such a packet before `ns`; `otherwise` where the evidence has none. */
static int64_t client_sent_before(const struct connection_event *event, enum evidence_kind kind,
                                  int64_t ns, int64_t otherwise)
{
    int64_t sent_ns = NS_NEVER;

    for (unsigned i = 0; i < event->n_evidence; i++) {
        const struct evidence *seen = &event->evidence[i];

        if (seen->kind == kind && seen->mark.side == SIDE_CLIENT && seen->mark.ts_ns <= ns &&
            seen->mark.ts_ns > sent_ns)
            sent_ns = seen->mark.ts_ns;
    }
    return sent_ns != NS_NEVER ? sent_ns : otherwise;
}

static int64_t last_packet_ns(const struct connection_event *event)
{
    int64_t last_ns = facts_last_ns(&event->facts);

    return last_ns > event->facts.first_ns ? last_ns : event->facts.first_ns;
}

/* Of the RST that ended it; without one in the evidence, of the FIN, else of the last packet. */
static int64_t end_ns(const struct connection_event *event)
{
    const struct packet_mark *rst = find_mark(event, EVIDENCE_RST);
    const struct packet_mark *end = rst != NULL ? rst : find_mark(event, EVIDENCE_FIN);

    return end != NULL ? end->ts_ns : last_packet_ns(event);
}

/* Who sends and gets no answer: the side that spoke last. */
static enum flow_side last_speaker(const struct flow_facts *facts)
{
    return facts->last_ns[SIDE_CLIENT] >= facts->last_ns[SIDE_SERVER] ? SIDE_CLIENT : SIDE_SERVER;
}

static const char *side_noun(enum flow_side side)
{
    return side == SIDE_CLIENT ? "client" : "server";
}

static void server(const struct connection_event *event, struct text *text)
{
    add_endpoint(&event->server, text);
}

static void client(const struct connection_event *event, struct text *text)
{
    add_endpoint(&event->client, text);
}

static void addr(const struct connection_event *event, struct text *text)
{
    add_addr(&event->server.addr, text);
}

static void port(const struct connection_event *event, struct text *text)
{
    text_addf(text, "%u", event->server.port);
}

static void transport(const struct connection_event *event, struct text *text)
{
    text_add(text, transport_name(event->key.proto));
}

static void caddr(const struct connection_event *event, struct text *text)
{
    add_addr(&event->client.addr, text);
}

static void icmp(const struct connection_event *event, struct text *text)
{
    text_addf(text, "%u/%u", event->icmp.type, event->icmp.code);
}

static void icmp_what(const struct connection_event *event, struct text *text)
{
    const struct icmp_facts *facts = &event->icmp;

    for (const char *at = icmp_name(facts->is_v6, facts->type, facts->code); *at != '\0'; at++)
        text_addf(text, "%c", *at == '_' ? ' ' : *at);
}

static void icmp_filter(const struct connection_event *event, struct text *text)
{
    const char *proto = event->icmp.is_v6 ? "icmpv6" : "icmp";

    text_addf(text, "%s.type==%u && %s.code==%u", proto, event->icmp.type, proto, event->icmp.code);
}

static bool is_reporter_server(const struct connection_event *event)
{
    return ipaddr_equal(&event->icmp.from, &event->server.addr);
}

static void reporter(const struct connection_event *event, struct text *text)
{
    add_addr(&event->icmp.from, text);
}

static void reporter_is(const struct connection_event *event, struct text *text)
{
    text_add(text, is_reporter_server(event) ? "the server's own address" : "not the server");
}

static void icmp_after(const struct connection_event *event, struct text *text)
{
    int64_t ns = event->icmp.ts_ns;

    calendar_add_duration(
        text, ns_since(client_sent_before(event, EVIDENCE_SYN, ns, event->facts.first_ns), ns));
}

static void rst_after(const struct connection_event *event, struct text *text)
{
    int64_t ns = end_ns(event);

    calendar_add_duration(
        text, ns_since(client_sent_before(event, EVIDENCE_SYN, ns, event->facts.first_ns), ns));
}

/* From the client's ACK of the SYN-ACK to the end. */
static void open_for(const struct connection_event *event, struct text *text)
{
    int64_t open_ns = event->facts.first_ns + event->facts.ack_after_us * NS_PER_US;

    calendar_add_duration(text, ns_since(open_ns, end_ns(event)));
}

/* From the client's last data to what ended the connection. */
static void waited(const struct connection_event *event, struct text *text)
{
    int64_t ns = end_ns(event);

    calendar_add_duration(
        text, ns_since(client_sent_before(event, EVIDENCE_DATA, ns, event->facts.first_ns), ns));
}

static void lasted(const struct connection_event *event, struct text *text)
{
    calendar_add_duration(text, ns_since(event->facts.first_ns, last_packet_ns(event)));
}

static void handshake(const struct connection_event *event, struct text *text)
{
    const struct flow_facts *facts = &event->facts;

    calendar_add_duration(
        text, facts->synack_ns == NS_NEVER ? 0 : ns_since(facts->first_ns, facts->synack_ns));
}

/* Before the last request, where the facts' own measure is over. */
static int64_t idle_before_request_ns(const struct connection_event *event)
{
    const struct http1_facts *http1 = &event->said.http.http1;

    if (event->said.kind != READER_HTTP || !http1->answered.frame)
        return 0;
    return ns_since(http1->answered.ts_ns, http1->request.ts_ns);
}

static void quiet(const struct connection_event *event, struct text *text)
{
    int64_t quiet_ns = event->facts.quiet_before_ms * NS_PER_MS;

    calendar_add_duration(text, quiet_ns > 0 ? quiet_ns : idle_before_request_ns(event));
}

static void syns(const struct connection_event *event, struct text *text)
{
    text_add_number_of(text, event->facts.side[SIDE_CLIENT].n_syn, "SYN");
}

/* "5 SYNs within 4.1 s" */
static void tries(const struct connection_event *event, struct text *text)
{
    const struct flow_facts *facts = &event->facts;

    syns(event, text);
    if (facts->side[SIDE_CLIENT].n_syn > 1) {
        text_add(text, " within ");
        calendar_add_duration(text, ns_since(facts->first_ns, facts->last_ns[SIDE_CLIENT]));
    }
}

static void synacks(const struct connection_event *event, struct text *text)
{
    text_add_number_of(text, event->facts.side[SIDE_SERVER].n_syn, "SYN-ACK");
}

/* The dashboard has no room for a plural: "5 SYN". */
static void n_syn(const struct connection_event *event, struct text *text)
{
    text_addf(text, "%u SYN", event->facts.side[SIDE_CLIENT].n_syn);
}

static void n_synack(const struct connection_event *event, struct text *text)
{
    text_addf(text, "%u SYN-ACK", event->facts.side[SIDE_SERVER].n_syn);
}

static void client_bytes(const struct connection_event *event, struct text *text)
{
    text_add_number_of(text, event->facts.payload_bytes[SIDE_CLIENT], "byte");
}

static void server_bytes(const struct connection_event *event, struct text *text)
{
    text_add_number_of(text, event->facts.payload_bytes[SIDE_SERVER], "byte");
}

static void ender(const struct connection_event *event, struct text *text)
{
    static const char *const words[] = {"one side", "the client", "the server", "both sides",
                                        "a third party"};

    _Static_assert(ARRAY_LEN(words) == ENDED_BY_COUNT, "words each ender");
    text_add(text, words[event->ended_by]);
}

/* Whose host is to blame, as a word for the side. */
static void blamed(const struct connection_event *event, struct text *text)
{
    text_add(text, event->blame == BLAME_CLIENT_HOST ? "the client" : "the server");
}

static void speaker(const struct connection_event *event, struct text *text)
{
    text_addf(text, "the %s", side_noun(last_speaker(&event->facts)));
}

static void silent(const struct connection_event *event, struct text *text)
{
    text_addf(text, "the %s", side_noun(side_other(last_speaker(&event->facts))));
}

static void silent_for(const struct connection_event *event, struct text *text)
{
    const struct flow_facts *facts = &event->facts;
    enum flow_side side = last_speaker(facts);
    int64_t heard_ns = facts->last_ns[side_other(side)];

    if (heard_ns == NS_NEVER)
        heard_ns = facts->first_ns;
    calendar_add_duration(text, ns_since(heard_ns, facts->last_ns[side]));
}

static void repeats(const struct connection_event *event, struct text *text)
{
    unsigned n = event->facts.side[last_speaker(&event->facts)].run_count;

    text_add_number_of(text, n, "retransmission");
}

static enum flow_side claimed_side(const struct connection_event *event)
{
    const struct packet_mark *rst = find_mark(event, EVIDENCE_RST);

    return rst != NULL ? (enum flow_side)rst->side : SIDE_SERVER;
}

static void claimed(const struct connection_event *event, struct text *text)
{
    text_addf(text, "the %s", side_noun(claimed_side(event)));
}

/* "ttl differs: 242 against 64": the first thing that speaks for the verdict. */
static void sign(const struct connection_event *event, struct text *text)
{
    if (event->n_because == 0) {
        text_add(text, "see the evidence");
        return;
    }
    for (const char *at = event->because[0].code; *at != '\0'; at++)
        text_addf(text, "%c", *at == '-' ? ' ' : *at);
    if (event->because[0].value[0] != '\0')
        text_addf(text, ": %s", event->because[0].value);
}

static enum flow_side alert_side(const struct connection_event *event)
{
    const struct tls_side *said = event->said.tls.side;

    if (event->said.kind != READER_TLS)
        return SIDE_COUNT;
    return speech_first(said[TLS_CLIENT].alert.frame, said[TLS_SERVER].alert.frame);
}

/* "alert 40 handshake_failure" */
static void alert(const struct connection_event *event, struct text *text)
{
    enum flow_side side = alert_side(event);

    if (side < SIDE_COUNT)
        text_addf(text, "alert %u %s", event->said.tls.side[side].alert_code,
                  tls_alert_name(event->said.tls.side[side].alert_code));
    else
        text_add(text, "an alert");
}

static void alert_by(const struct connection_event *event, struct text *text)
{
    enum flow_side side = alert_side(event);

    text_add(text, side < SIDE_COUNT ? side_noun(side) : "other side");
}

/* What gives the forged RST away, TTL first because anybody can check it. */
static void forged_sign(const struct connection_event *event, struct text *text)
{
    const struct side_facts *side = &event->facts.side[claimed_side(event)];
    const struct packet_mark *rst = find_mark(event, EVIDENCE_RST);
    unsigned usual = side->ttl_max != 0 ? side->ttl_max : side->ttl_syn;

    if (rst != NULL && usual != 0 && rst->ttl != usual && rst->ttl != side->ttl_min)
        text_addf(text, "TTL %u, %s has %u", rst->ttl, side_noun(claimed_side(event)), usual);
    else
        sign(event, text);
}

static void forged_filter(const struct connection_event *event, struct text *text)
{
    const struct packet_mark *rst = find_mark(event, EVIDENCE_RST);

    text_add(text, "tcp.flags.reset==1");
    if (rst != NULL)
        text_addf(text, " && %s==%u", rst->bits & MARK_V6 ? "ipv6.hlim" : "ip.ttl", rst->ttl);
}

static void forged_hit(const struct connection_event *event, struct text *text)
{
    bool is_cut = event->outcome == OUTCOME_RESET || event->outcome == OUTCOME_REFUSED;

    text_add(text, is_cut ? "cut by" : "hit without effect by");
}

/* The four faces of a full accept queue: VERDICTS.md 7.5. */
static void queue_sign(const struct connection_event *event, struct text *text)
{
    const struct side_facts *server_side = &event->facts.side[SIDE_SERVER];

    if (server_side->n_syn == 0) {
        n_syn(event, text);
        text_add(text, " unanswered");
    } else if (server_side->n_rst > 0) {
        text_add(text, "RST ");
        open_for(event, text);
        text_add(text, " after the handshake");
    } else if (server_side->n_syn > 1) {
        text_addf(text, "SYN-ACK sent %u times", server_side->n_syn);
    } else {
        text_add(text, "data after the handshake unanswered");
    }
}

static const struct explain_term terms[] = {
    {"server", "ADDR:PORT", server},
    {"client", "CLIENT:CPORT", client},
    {"addr", "ADDR", addr},
    {"port", "PORT", port},
    {"transport", NULL, transport},
    {"caddr", "CLIENT", caddr},
    {"icmp", NULL, icmp},
    {"icmp_what", NULL, icmp_what},
    {"icmp_filter", NULL, icmp_filter},
    {"icmp_after", NULL, icmp_after},
    {"reporter", "ROUTER", reporter},
    {"reporter_is", NULL, reporter_is},
    {"rst_after", NULL, rst_after},
    {"open_for", NULL, open_for},
    {"waited", NULL, waited},
    {"lasted", NULL, lasted},
    {"handshake", NULL, handshake},
    {"quiet", NULL, quiet},
    {"syns", NULL, syns},
    {"tries", NULL, tries},
    {"synacks", NULL, synacks},
    {"n_syn", NULL, n_syn},
    {"n_synack", NULL, n_synack},
    {"client_bytes", NULL, client_bytes},
    {"server_bytes", NULL, server_bytes},
    {"ender", NULL, ender},
    {"blamed", NULL, blamed},
    {"speaker", NULL, speaker},
    {"silent", NULL, silent},
    {"silent_for", NULL, silent_for},
    {"repeats", NULL, repeats},
    {"claimed", NULL, claimed},
    {"sign", NULL, sign},
    {"alert", NULL, alert},
    {"alert_by", NULL, alert_by},
    {"forged_sign", NULL, forged_sign},
    {"forged_filter", NULL, forged_filter},
    {"forged_hit", NULL, forged_hit},
    {"queue_sign", NULL, queue_sign},
};

const struct explain_term *explain_term_find(const char *name, size_t n_bytes)
{
    const struct explain_term *term;

    for (size_t i = 0; i < ARRAY_LEN(terms); i++)
        if (strlen(terms[i].name) == n_bytes && memcmp(terms[i].name, name, n_bytes) == 0)
            return &terms[i];
    term = explain_speech_term_find(name, n_bytes);
    return term ? term : explain_datagram_term_find(name, n_bytes);
}
