/* SPDX-License-Identifier: BSD-2-Clause */
/* See hash.h. */
#include "base/hash.h"

/* Its own copy of the code, so that keys of fixed length cost what they must. */
#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t n_bytes)
{
    return XXH3_64bits_withSeed(bytes, n_bytes, key->seed);
}
