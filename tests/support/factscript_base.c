/* SPDX-License-Identifier: BSD-2-Clause */
/* The named situations of factscript.h. */
#include "factscript.h"

#define RTT FACTSCRIPT_RTT_MS

void factscript_silent(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    factscript_packet(script, "C S", 1000);
    factscript_packet(script, "C S", 3000);
}

void factscript_refused(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_B1, RTT);
    script->note.facts.bits |= FACT_SYN_REFUSED;
}

void factscript_rejected(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    factscript_icmp(script, "203.0.113.9", 3, 13, RTT);
}

void factscript_half_open(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    factscript_packet(script, "S SA", RTT);
    factscript_packet(script, "S SA", 1000 + RTT);
    factscript_packet(script, "S SA", 3000 + RTT);
}

void factscript_connected(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    factscript_packet(script, "S SA", RTT);
    factscript_packet(script, "C A", RTT + 0.1);
}

void factscript_asked(struct factscript *script)
{
    factscript_connected(script);
    factscript_packet(script, "C PA +400", RTT + 1);
    factscript_packet(script, "S A", 2 * RTT + 1);
}

void factscript_answered(struct factscript *script)
{
    factscript_asked(script);
    factscript_packet(script, "S PA +1200", 2 * RTT + 5);
    factscript_packet(script, "C A", 2 * RTT + 5.1);
}

void factscript_closed(struct factscript *script)
{
    factscript_answered(script);
    factscript_packet(script, "C FA", 2 * RTT + 6);
    factscript_packet(script, "S FA", 3 * RTT + 6);
    factscript_packet(script, "C A", 3 * RTT + 6.1);
}

void factscript_synack_reset(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    factscript_packet(script, "S SA", RTT);
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_B2, RTT + 0.1);
    script->note.facts.bits |= FACT_CLIENT_RST_SYNACK;
}

void factscript_never_taken(struct factscript *script)
{
    factscript_connected(script);
    factscript_packet(script, "C PA +400", RTT + 1);
    factscript_repeat(script, SIDE_CLIENT, 2, RTT + 201, 400);
    factscript_packet(script, "S SA", 1000 + RTT);
    factscript_repeat(script, SIDE_CLIENT, 2, RTT + 1401, 1000);
    factscript_packet(script, "S SA", 3000 + RTT);
    script->note.facts.side[SIDE_SERVER].acked = FACTSCRIPT_CLIENT_ISN + 1;
}

void factscript_blackholed(struct factscript *script)
{
    factscript_answered(script);
    factscript_packet(script, "C PA +400", 1000);
    factscript_repeat(script, SIDE_CLIENT, 6, 1200, 3000);
}

void factscript_aborted(struct factscript *script)
{
    factscript_asked(script);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_A, 2 * RTT + 30);
}

void factscript_forgotten(struct factscript *script)
{
    factscript_answered(script);
    factscript_packet(script, "C PA +400", 5000);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_B2, 5000 + RTT);
}

void factscript_closed_unasked(struct factscript *script)
{
    factscript_connected(script);
    factscript_packet(script, "S FA", RTT + 5);
    factscript_packet(script, "C FA", RTT + 5.2);
    factscript_packet(script, "S A", 2 * RTT + 5.2);
}
