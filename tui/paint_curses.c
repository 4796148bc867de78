/* SPDX-License-Identifier: BSD-2-Clause */
/* See paint_curses.h. */
#include "tui/paint_curses.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include <curses.h>

#include "base/compiler.h"
#include "base/text.h"
#include "tui/copy.h"
#include "tui/force_color.h"
#include "tui/keys.h"
#include "tui/rescue.h"

#define RULE_CHARACTER 0x2500
#define ESCAPE_WAIT_MS 25 /* between ESC and the rest of a key's sequence */

struct terminal {
    struct paint paint; /* first: the panels' view of it */
    SCREEN *screen;
    FILE *keys;
    bool owns_keys; /* /dev/tty, opened here */
    bool is_gone;
    struct terminal_place click;
    struct termios modes; /* as found */
    attr_t attributes[ROLE_COUNT];
    short color_pair[ROLE_COUNT];
};

struct key_pair {
    int curses, code;
};

static const struct key_pair key_pairs[] = {
    {KEY_UP, KEYCODE_UP},         {KEY_DOWN, KEYCODE_DOWN},
    {KEY_LEFT, KEYCODE_LEFT},     {KEY_RIGHT, KEYCODE_RIGHT},
    {KEY_PPAGE, KEYCODE_PAGE_UP}, {KEY_NPAGE, KEYCODE_PAGE_DOWN},
    {KEY_HOME, KEYCODE_HOME},     {KEY_END, KEYCODE_END},
    {KEY_BTAB, KEYCODE_BACK_TAB}, {KEY_BACKSPACE, KEYCODE_BACKSPACE},
    {KEY_F(1), KEYCODE_F1},       {KEY_F(2), KEYCODE_F2},
    {KEY_F(3), KEYCODE_F3},       {KEY_F(4), KEYCODE_F4},
    {KEY_F(5), KEYCODE_F5},       {KEY_F(6), KEYCODE_F6},
    {KEY_F(10), KEYCODE_F10},     {KEY_ENTER, KEYCODE_ENTER},
};

static void curses_put(struct paint *paint, int line, int col, const char *bytes, size_t n_bytes,
                       enum role role)
{
    struct terminal *terminal = (struct terminal *)paint;

    (void)attr_set(terminal->attributes[role], terminal->color_pair[role], NULL);
    (void)mvaddnstr(line, col, bytes, (int)n_bytes);
}

/* Looks. */

/* But for the colours, which curses tells when it has started. */
static struct theme_env read_env(void)
{
    return (struct theme_env){
        .term = getenv("TERM"),
        .no_color = getenv("NO_COLOR"),
        .clicolor_force = getenv("CLICOLOR_FORCE"),
        .is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
        .rule_width_cells = wcwidth(RULE_CHARACTER),
    };
}

static void set_looks(struct terminal *terminal, enum scheme scheme)
{
    bool has_color = scheme != SCHEME_MONO && start_color() == OK && use_default_colors() == OK;

    for (int role = 0; role < ROLE_COUNT; role++) {
        struct look look = theme_look(scheme, (enum role)role);
        short pair = (short)(role + 1);

        terminal->attributes[role] = (look.attributes & THEME_BOLD ? A_BOLD : 0) |
                                     (look.attributes & THEME_REVERSE ? A_REVERSE : 0) |
                                     (look.attributes & THEME_UNDERLINE ? A_UNDERLINE : 0);
        if (has_color && look.color >= 0 && init_pair(pair, look.color, -1) == OK)
            terminal->color_pair[role] = pair;
    }
}

/* Start and end. */

/* Terminfo strings may hold delays ("$<5>"), which curses waits for and a crash does not. */
static void add_capability(struct text *text, const char *name)
{
    const char *bytes = tigetstr(name);

    if (!bytes || bytes == (const char *)-1)
        return;
    while (*bytes != '\0') {
        if (bytes[0] == '$' && bytes[1] == '<' && strchr(bytes, '>')) {
            bytes = strchr(bytes, '>') + 1;
        } else {
            text_addf(text, "%c", *bytes);
            bytes++;
        }
    }
}

static void arm(const struct terminal *terminal)
{
    static const char *const capabilities[] = {"sgr0", "op", "rmkx", "rmcup", "cnorm"};
    char leave[RESCUE_LEAVE_BYTES];
    struct text text = TEXT_OF(leave);

    for (size_t i = 0; i < ARRAY_LEN(capabilities); i++)
        add_capability(&text, capabilities[i]);
    if (tigetstr("kmous") && tigetstr("kmous") != (const char *)-1)
        text_add(&text, "\033[?1006;1000l"); /* no capability turns xterm's mouse off */
    rescue_arm(STDOUT_FILENO, &terminal->modes, leave);
}

static int open_keys(struct terminal *terminal, struct err *err)
{
    if (!isatty(STDOUT_FILENO))
        return err_set(err, -ENOTTY,
                       "standard output is not a terminal: the screen needs one; without it use "
                       "--text or --json");
    terminal->keys = stdin;
    if (!isatty(STDIN_FILENO)) {
        terminal->keys = fopen("/dev/tty", "re");
        if (!terminal->keys)
            return err_set(err, -errno, "cannot open /dev/tty for the keys: %s", strerror(errno));
        terminal->owns_keys = true;
    }
    if (tcgetattr(STDOUT_FILENO, &terminal->modes) != 0)
        return err_set(err, -errno, "cannot read the terminal's modes: %s", strerror(errno));
    return 0;
}

static int start_curses(struct terminal *terminal, const char *type, struct err *err)
{
    const char *name = getenv("TERM");
    const char *moves;

    terminal->screen = newterm(type, stdout, terminal->keys);
    if (!terminal->screen)
        return err_set(err, -ENXIO,
                       "the terminal type \"%s\" is not known here: set TERM, or use --text",
                       name ? name : "");
    moves = tigetstr("cup");
    if (!moves || moves == (const char *)-1)
        return err_set(err, -ENXIO,
                       "the terminal type \"%s\" cannot place the cursor: set TERM, or use --text",
                       name ? name : "");
    (void)cbreak(); /* ^C and ^Z stay signals: they work even if the program does not */
    (void)noecho();
    (void)intrflush(stdscr, FALSE);
    (void)keypad(stdscr, TRUE);
    (void)nodelay(stdscr, TRUE);
    (void)curs_set(0);
    (void)set_escdelay(ESCAPE_WAIT_MS);
    return 0;
}

int terminal_open(struct terminal **out, const struct theme_wish *wish, bool is_ascii,
                  struct err *err)
{
    struct terminal *terminal = calloc(1, sizeof(*terminal));
    const char *type = NULL;
    struct theme_env env;
    int code;

    if (!terminal)
        return err_set(err, -ENOMEM, "no memory for the screen");
    (void)setlocale(LC_CTYPE, "");
    env = read_env();
    code = open_keys(terminal, err);
    if (code == 0 && theme_forces_color(wish, &env))
        type = force_color_type(STDOUT_FILENO);
    if (code == 0)
        code = start_curses(terminal, type, err);
    if (code != 0) {
        terminal_close(terminal);
        return code;
    }
    env.n_colors = tigetnum("colors");
    terminal->paint = (struct paint){
        .put = curses_put,
        .n_lines = LINES,
        .n_cols = COLS,
        .is_ascii = theme_is_ascii(is_ascii, &env),
    };
    set_looks(terminal, theme_scheme(wish, &env));
    arm(terminal);
    *out = terminal;
    return 0;
}

void terminal_close(struct terminal *terminal)
{
    if (!terminal)
        return;
    if (terminal->screen) {
        (void)endwin();
        rescue_disarm();
        delscreen(terminal->screen);
    }
    if (terminal->owns_keys)
        (void)fclose(terminal->keys);
    free(terminal);
}

/* While it runs. */

struct paint *terminal_paint(struct terminal *terminal)
{
    return &terminal->paint;
}

int terminal_fd(const struct terminal *terminal)
{
    return fileno(terminal->keys);
}

bool terminal_is_gone(const struct terminal *terminal)
{
    return terminal->is_gone;
}

void terminal_erase(struct terminal *terminal)
{
    (void)terminal;
    (void)erase();
}

void terminal_show(struct terminal *terminal)
{
    (void)terminal;
    (void)refresh();
}

void terminal_repaint(struct terminal *terminal)
{
    (void)terminal;
    (void)clearok(curscr, TRUE);
}

void terminal_copy(struct terminal *terminal, const char *bytes)
{
    char sequence[COPY_SEQUENCE_BYTES];
    struct text text = TEXT_OF(sequence);

    (void)terminal;
    copy_add_sequence(&text, bytes);
    (void)fwrite(sequence, 1, text.used_bytes, stdout);
    (void)fflush(stdout);
}

void terminal_set_mouse(struct terminal *terminal, bool is_on)
{
    (void)terminal;
    (void)mouseinterval(0); /* a press is a click: nothing to wait for */
    (void)mousemask(is_on ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
}

struct terminal_place terminal_click(const struct terminal *terminal)
{
    return terminal->click;
}

static int mouse_code(struct terminal *terminal)
{
    MEVENT event;

    if (getmouse(&event) != OK)
        return KEYCODE_OTHER;
    if (event.bstate & BUTTON4_PRESSED)
        return KEYCODE_WHEEL_UP;
    if (event.bstate & BUTTON5_PRESSED)
        return KEYCODE_WHEEL_DOWN;
    terminal->click = (struct terminal_place){event.y, event.x};
    return event.bstate & BUTTON1_PRESSED ? KEYCODE_CLICK : KEYCODE_OTHER;
}

/* The size is asked for each time: the signal alone may have gone to a handler of the program. The
 * size alone does not tell of a window that is back at it, with lines wrapped and cut meanwhile. */
static bool follow_size(struct terminal *terminal)
{
    bool was_told = rescue_take_resize();
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
        return false;
    if (!was_told && size.ws_row == terminal->paint.n_lines &&
        size.ws_col == terminal->paint.n_cols)
        return false;
    (void)resize_term(size.ws_row, size.ws_col);
    terminal->paint.n_lines = LINES;
    terminal->paint.n_cols = COLS;
    /* What was on its way to the screen of the other size went to places that we do not know. */
    terminal_repaint(terminal);
    return true;
}

bool terminal_sync(struct terminal *terminal)
{
    bool must_draw = false;

    if (rescue_take_stop()) {
        (void)endwin();
        rescue_stop();
        must_draw = true;
    }
    if (rescue_take_continue()) {
        (void)endwin(); /* the next drawing enters the screen again, with its modes */
        must_draw = true;
    }
    if (must_draw)
        terminal_repaint(terminal);
    return follow_size(terminal) || must_draw;
}

/* Nothing to read although something woke us: without this a closed window would leave a program
 * behind that asks for keys for ever. */
static bool has_hung_up(const struct terminal *terminal)
{
    struct pollfd poll_fd = {.fd = fileno(terminal->keys), .events = POLLIN};
    int n_waiting = 0;

    if (poll(&poll_fd, 1, 0) <= 0)
        return false;
    if (poll_fd.revents & (POLLHUP | POLLERR | POLLNVAL))
        return true;
    return ioctl(poll_fd.fd, FIONREAD, &n_waiting) != 0 || n_waiting == 0;
}

static int code_of(int curses)
{
    for (size_t i = 0; i < ARRAY_LEN(key_pairs); i++)
        if (key_pairs[i].curses == curses)
            return key_pairs[i].code;
    return curses > 0 && curses < 0x80 ? curses : KEYCODE_OTHER;
}

int terminal_key(struct terminal *terminal)
{
    int key;

    if (has_hung_up(terminal)) {
        terminal->is_gone = true;
        return 0;
    }
    errno = 0;
    key = getch();
    if (key == ERR) {
        terminal->is_gone = errno == EIO;
        return 0;
    }
    return key == KEY_MOUSE ? mouse_code(terminal) : code_of(key);
}
