/* SPDX-License-Identifier: BSD-2-Clause */
/* See keys.h. */
#include "tui/keys.h"

#include "base/compiler.h"

#define ON(scene) (1u << SCENE_##scene)
#define ON_ALL (ON(OVERVIEW) | ON(ENDPOINT) | ON(FLOW))

static const struct key_row rows[] = {
    {KEYS_MOVE,
     "j k Up Dn",
     "one row",
     {{NULL, 0, 0}},
     {{'j', ACTION_DOWN},
      {KEYCODE_DOWN, ACTION_DOWN},
      {'k', ACTION_UP},
      {KEYCODE_UP, ACTION_UP},
      {KEYCODE_WHEEL_DOWN, ACTION_DOWN},
      {KEYCODE_WHEEL_UP, ACTION_UP}}},
    {KEYS_MOVE,
     "PgUp PgDn",
     "page (^B ^F); ^U ^D half",
     {{NULL, 0, 0}},
     {{KEYCODE_PAGE_UP, ACTION_PAGE_UP},
      {KEYCODE_CTRL('b'), ACTION_PAGE_UP},
      {KEYCODE_PAGE_DOWN, ACTION_PAGE_DOWN},
      {KEYCODE_CTRL('f'), ACTION_PAGE_DOWN},
      {KEYCODE_CTRL('u'), ACTION_HALF_UP},
      {KEYCODE_CTRL('d'), ACTION_HALF_DOWN}}},
    {KEYS_MOVE,
     "g G",
     "first, last (Home End)",
     {{NULL, 0, 0}},
     {{'g', ACTION_FIRST},
      {KEYCODE_HOME, ACTION_FIRST},
      {'G', ACTION_LAST},
      {KEYCODE_END, ACTION_LAST}}},
    {KEYS_MOVE,
     "h l Lt Rt",
     "scroll sideways",
     {{NULL, 0, 0}},
     {{'h', ACTION_LEFT},
      {KEYCODE_LEFT, ACTION_LEFT},
      {'l', ACTION_RIGHT},
      {KEYCODE_RIGHT, ACTION_RIGHT}}},
    {KEYS_MOVE,
     "[ ]",
     "previous, next one",
     {{"[ ] other", 30, ON(ENDPOINT) | ON(FLOW)}},
     {{'[', ACTION_PREVIOUS}, {']', ACTION_NEXT}}},
    {KEYS_LOOK,
     "Enter",
     "open what the cursor is on",
     {{"Enter open", 95, ON(OVERVIEW) | ON(ENDPOINT)}},
     {{KEYCODE_ENTER, ACTION_OPEN}, {'\n', ACTION_OPEN}}},
    {KEYS_LOOK,
     "Esc Bksp",
     "back (never quits)",
     {{"Esc back", 96, ON(ENDPOINT) | ON(FLOW)}},
     {{KEYCODE_ESCAPE, ACTION_BACK},
      {KEYCODE_BACKSPACE, ACTION_BACK},
      {KEYCODE_CTRL('h'), ACTION_BACK},
      {0x7f, ACTION_BACK}}},
    {KEYS_LOOK,
     "Tab S-Tab",
     "next, previous pane",
     {{"Tab pane", 40, ON(OVERVIEW)}},
     {{KEYCODE_TAB, ACTION_PANE_NEXT}, {KEYCODE_BACK_TAB, ACTION_PANE_PREVIOUS}}},
    {KEYS_LOOK,
     "1 2 3 4",
     "why where latest incidents",
     {{"1-4 alone", 20, ON(OVERVIEW)}},
     {{'1', ACTION_ALONE_WHY},
      {'2', ACTION_ALONE_WHERE},
      {'3', ACTION_ALONE_LATEST},
      {'4', ACTION_ALONE_INCIDENTS}}},
    {KEYS_NARROW,
     "/ n N",
     "find, next, previous (F3)",
     {{"/ find", 70, ON_ALL}},
     {{'/', ACTION_FIND},
      {KEYCODE_F3, ACTION_FIND},
      {'n', ACTION_FIND_NEXT},
      {'N', ACTION_FIND_PREVIOUS}}},
    {KEYS_NARROW,
     "f F",
     "filter rows, clear (F4)",
     {{"f filter", 75, ON(OVERVIEW)}},
     {{'f', ACTION_FILTER}, {KEYCODE_F4, ACTION_FILTER}, {'F', ACTION_FILTER_CLEAR}}},
    {KEYS_VIEW,
     "s r < >",
     "sort (F6), reverse, move",
     {{"s sort", 65, ON(OVERVIEW) | ON(ENDPOINT)}, {"r reverse", 10, ON(OVERVIEW)}},
     {{'s', ACTION_SORT_NEXT},
      {'>', ACTION_SORT_NEXT},
      {KEYCODE_F6, ACTION_SORT_NEXT},
      {'<', ACTION_SORT_PREVIOUS},
      {'r', ACTION_REVERSE}}},
    {KEYS_VIEW, "t", "clock, since start, delta", {{"t time", 35, ON_ALL}}, {{'t', ACTION_TIME}}},
    {KEYS_VIEW,
     "v",
     "all families or top five",
     {{"v all", 5, ON(OVERVIEW)}},
     {{'v', ACTION_FAMILIES}}},
    {KEYS_VIEW,
     "a",
     "raw sequence numbers",
     {{"a raw seq", 45, ON(FLOW)}},
     {{'a', ACTION_RAW_NUMBERS}}},
    {KEYS_VIEW,
     "+ -",
     "refresh slower, faster",
     {{NULL, 0, 0}},
     {{'+', ACTION_SLOWER}, {'=', ACTION_SLOWER}, {'-', ACTION_FASTER}}},
    {KEYS_KEEP,
     "w",
     "save packets, pcapng (F2)",
     {{"w save", 80, ON(ENDPOINT) | ON(FLOW)}},
     {{'w', ACTION_SAVE}, {KEYCODE_F2, ACTION_SAVE}}},
    {KEYS_KEEP,
     "y",
     "copy the row or a command",
     {{"y copy", 60, ON(ENDPOINT) | ON(FLOW)}},
     {{'y', ACTION_COPY}}},
    {KEYS_REST,
     "p",
     "pause screen only (F5)",
     {{"p pause", 85, ON(OVERVIEW)}},
     {{'p', ACTION_PAUSE}, {KEYCODE_F5, ACTION_PAUSE}}},
    {KEYS_REST, "z", "zero rates, not totals", {{NULL, 0, 0}}, {{'z', ACTION_ZERO}}},
    {KEYS_REST,
     "M ^L",
     "mouse on or off; redraw",
     {{NULL, 0, 0}},
     {{'M', ACTION_MOUSE}, {KEYCODE_CTRL('l'), ACTION_REDRAW}}},
    {KEYS_REST,
     "? q ^C",
     "help (F1); quit (F10)",
     {{"? help", 98, ON_ALL}, {"q quit", 99, ON_ALL}},
     {{'?', ACTION_HELP},
      {KEYCODE_F1, ACTION_HELP},
      {'q', ACTION_QUIT},
      {KEYCODE_CTRL('c'), ACTION_QUIT},
      {KEYCODE_F10, ACTION_QUIT}}},
};

static const char *const group_titles[] = {"Move", "Look closer", "Narrow down", "Change the view",
                                           "Keep", "The rest"};

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
