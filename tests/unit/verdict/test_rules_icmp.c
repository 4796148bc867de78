/* SPDX-License-Identifier: BSD-2-Clause */
/* An ICMP error answered the SYN: every code has one verdict, and the quote must be right. */
#include "factscript.h"
#include "unit.h"

/* ---- changes; a code is type * 256 + code, with IS_V6 one of ICMPv6 ---- */

#define CODE(type, code) ((type)*256 + (code))
#define IS_V6 0x10000
#define V6(type, code) (IS_V6 | CODE(type, code))

static void of_code(struct factscript *script, int64_t code)
{
    struct icmp_facts *icmp = &script->note.trail.icmp;

    icmp->is_v6 = code & IS_V6;
    icmp->type = (uint8_t)(code >> 8);
    icmp->code = (uint8_t)code;
}

static void quote_too_short(struct factscript *script, int64_t code)
{
    of_code(script, code);
    script->note.trail.icmp.is_seq_missing = true;
}

static void from_the_server(struct factscript *script, int64_t code)
{
    of_code(script, code);
    script->note.trail.icmp.from = script->note.key.addr[1];
}

static void after_limit(struct factscript *script, int64_t ns)
{
    of_code(script, CODE(3, 1));
    script->note.trail.icmp.ts_ns =
        script->note.facts.first_ns + verdict_limits_default()->arp_failed_ns + ns;
}

static void repeated(struct factscript *script, int64_t n)
{
    script->note.facts.n_icmp = (uint8_t)n;
}

static void no_trail(struct factscript *script, int64_t unused)
{
    script->note.has_trail = false;
}

/* The SYN-ACK comes all the same: the error stopped nothing. */
static void connected_despite_error(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    factscript_icmp(script, "203.0.113.9", 3, 13, 5);
    factscript_packet(script, "S SA", FACTSCRIPT_RTT_MS);
    factscript_packet(script, "C A", FACTSCRIPT_RTT_MS + 0.1);
}

/* ---- tests ---- */

struct code_row {
    factscript_rule rule;
    const char *name;
    int64_t code[7]; /* ends with 0, which no error has */
};

static const struct code_row rows[] = {
    {rule_icmp_admin_prohibited,
     "icmp-admin-prohibited",
     {CODE(3, 9), CODE(3, 10), CODE(3, 13), V6(1, 1), V6(1, 5), V6(1, 6)}},
    {rule_icmp_port_unreachable, "icmp-port-unreachable", {CODE(3, 3), V6(1, 4)}},
    {rule_icmp_host_unreachable,
     "icmp-host-unreachable",
     {CODE(3, 1), CODE(3, 7), CODE(3, 12), V6(1, 3)}},
    {rule_icmp_net_unreachable,
     "icmp-net-unreachable",
     {CODE(3, 0), CODE(3, 6), CODE(3, 11), V6(1, 0), V6(1, 2)}},
    {rule_icmp_ttl_exceeded, "icmp-ttl-exceeded", {CODE(11, 0), V6(3, 0)}},
    {rule_icmp_proto_unreachable, "icmp-proto-unreachable", {CODE(3, 2), V6(4, 1)}},
};

static bool is_listed(const struct code_row *row, int64_t code)
{
    for (size_t i = 0; row->code[i]; i++) {
        if (row->code[i] == code)
            return true;
    }
    return false;
}

/* Near misses: all codes of the other rows. */
static void each_code_has_one_verdict_and_no_other(void **state)
{
    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        for (size_t other = 0; other < ARRAY_LEN(rows); other++) {
            for (size_t i = 0; rows[other].code[i]; i++) {
                const struct rule_case row = {
                    rows[r].name,        is_listed(&rows[r], rows[other].code[i]) ? CERTAIN : NONE,
                    factscript_rejected, of_code,
                    rows[other].code[i], NULL};

                factscript_check(rows[r].rule, &row, 1);
            }
        }
    }
}

static void a_quote_without_sequence_number_is_less_sure(void **state)
{
    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        const struct rule_case cases[] = {
            {rows[r].name, LIKELY, factscript_rejected, quote_too_short, rows[r].code[0],
             "quote-too-short"},
            {"connected all the same", NONE, connected_despite_error, of_code, rows[r].code[0]},
            {"refused", NONE, factscript_refused, of_code, rows[r].code[0]},
            {"no packet of it is kept", NONE, factscript_rejected, no_trail},
        };

        factscript_check(rows[r].rule, cases, ARRAY_LEN(cases));
    }
}

static void who_sent_it_and_how_late_is_said(void **state)
{
    static const struct rule_case cases[] = {
        {"by a router", CERTAIN, factscript_rejected, of_code, CODE(3, 1), "icmp-sender-is-router"},
        {"by the server itself", CERTAIN, factscript_rejected, from_the_server, CODE(3, 1),
         "icmp-sender-is-server"},
        {"as late as an address that nobody answers for", CERTAIN, factscript_rejected, after_limit,
         0, "arp-failed-at-router"},
        {"sooner", CERTAIN, factscript_rejected, after_limit, -1, "icmp-at-once"},
    };

    (void)state;
    factscript_check(rule_icmp_host_unreachable, cases, ARRAY_LEN(cases));
}

static void an_error_of_any_code_is_a_rejection(void **state)
{
    static const struct rule_case cases[] = {
        {"of a known code", CERTAIN, factscript_rejected, .reason = "icmp-quotes-syn"},
        {"of a code that no rule knows", CERTAIN, factscript_rejected, of_code, CODE(3, 8)},
        {"several times", CERTAIN, factscript_rejected, repeated, 2, "icmp-repeated"},
        {"no packet of it is kept", CERTAIN, factscript_rejected, no_trail},
        {"connected all the same", NONE, connected_despite_error},
        {"refused", NONE, factscript_refused},
        {"silent", NONE, factscript_silent},
    };

    (void)state;
    factscript_check(rule_icmp_rejected, cases, ARRAY_LEN(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_code_has_one_verdict_and_no_other),
        cmocka_unit_test(a_quote_without_sequence_number_is_less_sure),
        cmocka_unit_test(who_sent_it_and_how_late_is_said),
        cmocka_unit_test(an_error_of_any_code_is_a_rejection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
