/* SPDX-License-Identifier: BSD-2-Clause */
/* See keys.h. */
#include "tui/keys.h"

#include "base/compiler.h"

#define ON(scene) (1u << SCENE_##scene)
#define ON_ALL (ON(OVERVIEW) | ON(ENDPOINT) | ON(FLOW))

/* The later in the table, the longer it stays in a narrow key bar. */
static const struct key_row rows[] = {
    {KEYS_MOVE,
     "j k Up Dn",
     "one row",
     {NULL},
     0,
     {{'j', ACTION_DOWN},
      {KEYCODE_DOWN, ACTION_DOWN},
      {'k', ACTION_UP},
      {KEYCODE_UP, ACTION_UP},
      {KEYCODE_WHEEL_DOWN, ACTION_DOWN},
      {KEYCODE_WHEEL_UP, ACTION_UP}}},
    {KEYS_MOVE,
     "PgUp PgDn",
     "one page; ^U ^D half a page",
     {NULL},
     0,
     {{KEYCODE_PAGE_UP, ACTION_PAGE_UP},
      {KEYCODE_CTRL('b'), ACTION_PAGE_UP},
      {KEYCODE_PAGE_DOWN, ACTION_PAGE_DOWN},
      {KEYCODE_CTRL('f'), ACTION_PAGE_DOWN},
      {KEYCODE_CTRL('u'), ACTION_HALF_UP},
      {KEYCODE_CTRL('d'), ACTION_HALF_DOWN}}},
    {KEYS_MOVE,
     "g G",
     "first, last (Home End)",
     {NULL},
     0,
     {{'g', ACTION_FIRST},
      {KEYCODE_HOME, ACTION_FIRST},
      {'G', ACTION_LAST},
      {KEYCODE_END, ACTION_LAST}}},
    {KEYS_MOVE,
     "[ ]",
     "previous, next item",
     {"[ ] other"},
     ON(ENDPOINT) | ON(FLOW),
     {{'[', ACTION_PREVIOUS}, {']', ACTION_NEXT}}},
    {KEYS_LOOK,
     "Tab S-Tab",
     "next, previous pane",
     {"Tab pane"},
     ON(OVERVIEW),
     {{KEYCODE_TAB, ACTION_PANE_NEXT}, {KEYCODE_BACK_TAB, ACTION_PANE_PREVIOUS}}},
    {KEYS_LOOK,
     "1 2 3",
     "Why, Where, Latest alone",
     {"1-3 alone"},
     ON(OVERVIEW),
     {{'1', ACTION_ALONE_WHY}, {'2', ACTION_ALONE_WHERE}, {'3', ACTION_ALONE_LATEST}}},
    {KEYS_LOOK,
     "Enter",
     "open the row",
     {"Enter open"},
     ON(OVERVIEW) | ON(ENDPOINT),
     {{KEYCODE_ENTER, ACTION_OPEN}, {'\n', ACTION_OPEN}}},
    {KEYS_LOOK,
     "Esc Bksp",
     "back (never quits)",
     {"Esc back"},
     ON(ENDPOINT) | ON(FLOW),
     {{KEYCODE_ESCAPE, ACTION_BACK},
      {KEYCODE_BACKSPACE, ACTION_BACK},
      {KEYCODE_CTRL('h'), ACTION_BACK},
      {0x7f, ACTION_BACK}}},
    {KEYS_NARROW,
     "/ n N",
     "find, next, previous (F3)",
     {"/ find"},
     ON_ALL,
     {{'/', ACTION_FIND},
      {KEYCODE_F3, ACTION_FIND},
      {'n', ACTION_FIND_NEXT},
      {'N', ACTION_FIND_PREVIOUS}}},
    {KEYS_NARROW,
     "f F",
     "filter rows, clear (F4)",
     {"f filter"},
     ON(OVERVIEW),
     {{'f', ACTION_FILTER}, {KEYCODE_F4, ACTION_FILTER}, {'F', ACTION_FILTER_CLEAR}}},
    {KEYS_KEEP,
     "w",
     "save the packets, pcapng",
     {"w save"},
     ON(ENDPOINT) | ON(FLOW),
     {{'w', ACTION_SAVE}, {KEYCODE_F2, ACTION_SAVE}}},
    {KEYS_KEEP,
     "y",
     "copy the row or a command",
     {"y copy"},
     ON(ENDPOINT) | ON(FLOW),
     {{'y', ACTION_COPY}}},
    {KEYS_VIEW,
     "s r",
     "sort Where, reverse it",
     {"s sort", "r reverse"},
     ON(OVERVIEW),
     {{'s', ACTION_SORT}, {KEYCODE_F6, ACTION_SORT}, {'r', ACTION_REVERSE}}},
    {KEYS_VIEW, "t", "clock, since start, delta", {"t time"}, ON_ALL, {{'t', ACTION_TIME}}},
    {KEYS_VIEW, "v", "all families or top five", {"v all"}, ON(OVERVIEW), {{'v', ACTION_FAMILIES}}},
    {KEYS_VIEW, "a", "raw sequence numbers", {"a raw seq"}, ON(FLOW), {{'a', ACTION_RAW_NUMBERS}}},
    {KEYS_VIEW,
     "+ -",
     "refresh slower, faster",
     {NULL},
     0,
     {{'+', ACTION_SLOWER}, {'=', ACTION_SLOWER}, {'-', ACTION_FASTER}}},
    {KEYS_REST,
     "p",
     "pause screen, not capture",
     {"p pause"},
     ON(OVERVIEW),
     {{'p', ACTION_PAUSE}, {KEYCODE_F5, ACTION_PAUSE}}},
    {KEYS_REST, "M", "mouse on, off", {NULL}, 0, {{'M', ACTION_MOUSE}}},
    {KEYS_REST, "^L", "redraw", {NULL}, 0, {{KEYCODE_CTRL('l'), ACTION_REDRAW}}},
    {KEYS_REST,
     "? F1",
     "help",
     {"? help"},
     ON_ALL,
     {{'?', ACTION_HELP}, {KEYCODE_F1, ACTION_HELP}}},
    {KEYS_REST,
     "q ^C",
     "quit; F10 too",
     {"q quit"},
     ON_ALL,
     {{'q', ACTION_QUIT}, {KEYCODE_CTRL('c'), ACTION_QUIT}, {KEYCODE_F10, ACTION_QUIT}}},
};

static const char *const group_titles[] = {"Move", "Look closer",     "Narrow down",
                                           "Keep", "Change the view", "The rest"};

_Static_assert(ARRAY_LEN(group_titles) == KEY_GROUP_COUNT, "a title each group");

const struct key_row *keys_rows(size_t *n_rows)
{
    *n_rows = ARRAY_LEN(rows);
    return rows;
}

const char *keys_group_title(enum key_group group)
{
    return group_titles[group];
}

enum action keys_action(int code)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t j = 0; j < KEY_BINDINGS_MAX && rows[i].binding[j].code != 0; j++)
            if (rows[i].binding[j].code == code)
                return rows[i].binding[j].action;
    return ACTION_NONE;
}
