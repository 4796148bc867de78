/* SPDX-License-Identifier: BSD-2-Clause */
/* The values that several kinds of JSON lines share. See json_line.h. */
#include <inttypes.h>
#include <string.h>

#include "base/calendar.h"
#include "base/nanotime.h"
#include "sink/community.h"
#include "sink/json_line.h"
#include "sink/utf8.h"

json_int_t json_count(uint64_t count)
{
    return count > INT64_MAX ? (json_int_t)INT64_MAX : (json_int_t)count;
}

json_t *json_number(uint64_t count)
{
    return json_integer(json_count(count));
}

json_t *json_count_or_null(uint64_t count)
{
    return count == 0 ? json_null() : json_number(count);
}

json_t *json_clean(const char *string)
{
    char clean[JSON_STRING_BYTES + 1];
    size_t n_bytes;

    if (string == NULL)
        return json_null();
    n_bytes = utf8_clean((const uint8_t *)string, strlen(string), clean, sizeof(clean));
    return json_stringn_nocheck(clean, n_bytes);
}

json_t *json_wall_stamp(int64_t ns)
{
    char buffer[CALENDAR_RFC3339_BYTES];
    struct text text = TEXT_OF(buffer);

    if (ns == NS_NEVER)
        return json_null();
    calendar_add_rfc3339(&text, ns);
    return json_stringn_nocheck(buffer, text.used_bytes);
}

json_t *json_stamp(const struct run_info *run, int64_t ns)
{
    return json_wall_stamp(run_wall_ns(run, ns));
}

json_t *json_address(const struct ipaddr *addr)
{
    char buffer[IPADDR_TEXT_BYTES];

    return json_name(ipaddr_format(addr, buffer));
}

json_t *json_endpoint(const struct endpoint *endpoint)
{
    json_t *object = json_object();

    json_add(object, "ip", json_address(&endpoint->addr));
    json_add(object, "port", json_integer(endpoint->port));
    return object;
}

json_t *json_flow_id(uint64_t flow_id)
{
    static const char hex[] = "0123456789abcdef";
    char digits[16];

    for (unsigned i = 0; i < sizeof(digits); i++)
        digits[i] = hex[flow_id >> (60 - 4 * i) & 0x0f];
    return json_stringn_nocheck(digits, sizeof(digits));
}

json_t *json_community_id(const struct run_info *run, uint8_t proto, const struct endpoint *client,
                          const struct endpoint *server)
{
    char buffer[COMMUNITY_ID_BYTES];

    community_id(run->community_id_seed, proto, client, server, buffer);
    return json_name(buffer);
}

json_t *json_incident_id(const struct run_info *run, uint32_t number)
{
    return number == 0 ? json_null() : json_sprintf("%s-%" PRIu32, run->run_id, number);
}

json_t *json_frames(const uint64_t *frames, size_t n_frames)
{
    json_t *array = json_array();

    for (size_t i = 0; i < n_frames && frames[i] != 0; i++)
        json_array_append_new(array, json_number(frames[i]));
    return array;
}
