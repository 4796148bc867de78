/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 19 signatures of "Global, Passive Detection of Connection Tampering" (SIGCOMM 2023,
 * VERDICTS.md 5.1): how far a connection had come, and what one side's packets ended with. A
 * signature is a candidate for tampering, never a verdict: closed ports, crashes and lost packets
 * have the same ones.
 */
#ifndef VERDICT_TAMPER_H
#define VERDICT_TAMPER_H

struct verdict_case;

/* What had been sent before the end. */
enum tamper_stage {
    TAMPER_POST_SYN,  /* before the client's ACK of the SYN-ACK */
    TAMPER_POST_ACK,  /* no data yet */
    TAMPER_POST_PSH,  /* one data packet */
    TAMPER_POST_DATA, /* several */
    TAMPER_STAGE_COUNT
};

/* What the side's packets ended with. */
enum tamper_end {
    TAMPER_NOTHING,    /* silence, no FIN */
    TAMPER_RST,        /* one without ACK */
    TAMPER_RST_SAME,   /* several, one acknowledgment number */
    TAMPER_RST_DIFFER, /* several, of different ones */
    TAMPER_RST_ZERO,   /* several, of different ones, one of them 0 */
    TAMPER_RSTACK,     /* one with ACK */
    TAMPER_RSTACKS,    /* several with ACK */
    TAMPER_MIXED,      /* with ACK and without */
    TAMPER_END_COUNT
};

/* The signature's name; static storage, NULL = the authors have none. */
const char *tamper_name(enum tamper_stage stage, enum tamper_end end);

/* The name that fits the connection: for the side whose RST came first, else for the one that fell
 * silent. NULL where none fits, within the first packets of that side; of scans and floods, and of
 * what the capture did not see from its beginning. */
const char *tamper_signature(const struct verdict_case *c);

/* Whether the side's RSTs come in a way that no single stack sends them. */
bool tamper_is_telling(const struct verdict_case *c);

#endif
