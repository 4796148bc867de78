/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a rule must find before it can hold, from a table: most rules are not asked at all. A rule
 * whose row says less than it could is asked in vain; one whose row says too much would be lost,
 * which the tests hold against all rules. Private to verdict/ and the tests.
 */
#ifndef VERDICT_WANTS_H
#define VERDICT_WANTS_H

#include <stdbool.h>
#include <stdint.h>

#include "verdict/case.h"

/* The case's outcome and what else there is of it; computed once for all rules. */
struct rule_offer {
    uint16_t outcome; /* one bit */
    uint16_t signs;   /* enum rule_sign */
};

struct rule_offer rule_offer_of(const struct verdict_case *c);

/* TCP's rules are not asked of a datagram, nor its rules of a connection. */
bool rule_is_of_proto(enum verdict_id id, struct rule_offer offer);

/* False: rule `id` is not of the protocol, or says CONFIDENCE_NONE. */
bool rule_may_hold(enum verdict_id id, struct rule_offer offer);

#endif
