/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes the completion of a shell from the table of options: completions bash|zsh|fish.
 *
 * So a new option is completed without anybody thinking of it; what its argument is follows from
 * the argument's name in --help, or from a row of words here.
 */
#include <stdio.h>
#include <string.h>

#include "app/option_table.h"
#include "base/compiler.h"
#include "verdict/verdict.h"

enum kind {
    KIND_NONE, /* nothing to propose */
    KIND_FILE,
    KIND_CAPTURE, /* files that look like captures, and folders */
    KIND_INTERFACE,
    KIND_USER,
    KIND_WORDS
};

#define INTERFACES "any $(command ls /sys/class/net 2>/dev/null)"
#define CAPTURES "pcap|pcapng|cap|pcap.gz|pcapng.gz|pcap.zst|pcapng.zst"

/* Options whose argument is one of few words; in the shells' lists, between blanks. */
static const struct {
    const char *option, *words;
} choices[] = {
    {"direction", "in out inout"},
    {"color", "auto never always"},
    {"theme", "ansi okabe mono"},
};

static const struct {
    const char *argument;
    enum kind kind;
} arguments[] = {
    {"FILE", KIND_FILE},
    {"IFACE", KIND_INTERFACE},
    {"USER", KIND_USER},
    {"WHAT", KIND_WORDS},
};

static const char *words_of(const struct option_row *row)
{
    for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
        if (strcmp(choices[i].option, row->name) == 0)
            return choices[i].words;
    }
    return NULL;
}

static enum kind kind_of(const struct option_row *row)
{
    if (strcmp(row->name, "read") == 0)
        return KIND_CAPTURE;
    if (words_of(row))
        return KIND_WORDS;
    for (size_t i = 0; i < ARRAY_LEN(arguments); i++) {
        if (strcmp(arguments[i].argument, row->argument) == 0)
            return arguments[i].kind;
    }
    return KIND_NONE;
}

/* What --fail-on takes, or the words of the option. */
static void print_words(const struct option_row *row)
{
    if (words_of(row)) {
        printf("%s", words_of(row));
        return;
    }
    printf("any incident");
    for (unsigned i = 0; i < FAMILY_COUNT; i++)
        printf(" %s", family_name((enum family)i));
    for (unsigned i = 0; i < VERDICT_COUNT; i++)
        printf(" %s", verdict_row((enum verdict_id)i)->slug);
}

/* ---- bash ---- */

static void print_bash_case(const struct option_row *row)
{
    if (row->letter)
        printf("    -%c | --%s)\n", row->letter, row->name);
    else
        printf("    --%s)\n", row->name);
    switch (kind_of(row)) {
    case KIND_FILE:
        printf("        compopt -o filenames\n"
               "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n");
        break;
    case KIND_CAPTURE:
        printf("        _tcpwhy_captures\n");
        break;
    case KIND_INTERFACE:
        printf("        mapfile -t COMPREPLY < <(compgen -W \"" INTERFACES "\" -- \"$cur\")\n");
        break;
    case KIND_USER:
        printf("        mapfile -t COMPREPLY < <(compgen -u -- \"$cur\")\n");
        break;
    case KIND_WORDS:
        printf("        mapfile -t COMPREPLY < <(compgen -W \"");
        print_words(row);
        printf("\" -- \"$cur\")\n");
        break;
    case KIND_NONE:
        break;
    }
    printf("        return\n        ;;\n");
}

static void print_bash(void)
{
    printf("# bash completion of tcpwhy; made from its table of options.\n\n"
           "_tcpwhy_captures() {\n"
           "    local IFS=$'\\n'\n\n"
           "    compopt -o filenames\n"
           "    mapfile -t COMPREPLY < <(\n"
           "        compgen -d -- \"$cur\"\n"
           "        compgen -f -- \"$cur\" | grep -E '\\.(" CAPTURES ")$'\n"
           "    )\n"
           "}\n\n"
           "_tcpwhy() {\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n\n"
           "    COMPREPLY=()\n"
           "    # --option=value comes as three words\n"
           "    if [ \"$cur\" = = ]; then\n"
           "        cur=\n"
           "    elif [ \"$prev\" = = ]; then\n"
           "        prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
           "    fi\n"
           "    case $prev in\n");
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_rows[i].argument)
            print_bash_case(&option_rows[i]);
    }
    printf("    esac\n"
           "    if [[ $cur == -* ]]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -W \"");
    for (size_t i = 0; i < option_row_count; i++)
        printf("%s--%s", i ? " " : "", option_rows[i].name);
    printf("\" -- \"$cur\")\n"
           "    else\n"
           "        _tcpwhy_captures\n"
           "    fi\n"
           "}\n\n"
           "complete -F _tcpwhy tcpwhy\n");
}

/* ---- zsh and fish ---- */

/* Between single quotes; `special` are characters that want a backslash besides. */
static void print_quoted(const char *text, const char *special)
{
    for (; *text; text++) {
        if (*text == '\'')
            printf("'\\''");
        else
            printf("%s%c", strchr(special, *text) ? "\\" : "", *text);
    }
}

static const char *help_of(const struct option_row *row)
{
    return row->help ? row->help : "accepted, changes nothing";
}

static void print_zsh_argument(const struct option_row *row)
{
    printf(":%s:", row->argument);
    switch (kind_of(row)) {
    case KIND_FILE:
        printf("_files");
        break;
    case KIND_CAPTURE:
        printf("_files -g \"*.(" CAPTURES ")\"");
        break;
    case KIND_INTERFACE:
        printf("(any ${$(command ls /sys/class/net 2>/dev/null)})");
        break;
    case KIND_USER:
        printf("_users");
        break;
    case KIND_WORDS:
        printf("(");
        print_words(row);
        printf(")");
        break;
    case KIND_NONE:
        printf(" ");
        break;
    }
}

static void print_zsh(void)
{
    printf("#compdef tcpwhy\n# Made from its table of options.\n\n_arguments -s -S \\\n");
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        char names[96];

        if (row->letter)
            (void)snprintf(names, sizeof(names), "{-%c%s,--%s%s}", row->letter,
                           row->argument ? "+" : "", row->name, row->argument ? "=" : "");
        else
            (void)snprintf(names, sizeof(names), "--%s%s", row->name, row->argument ? "=" : "");
        printf("    '*'%s'[", names);
        print_quoted(help_of(row), "[]:\\");
        printf("]");
        if (row->argument)
            print_zsh_argument(row);
        printf("' \\\n");
    }
    printf("    '*:capture or filter:_files -g \"*.(" CAPTURES ")\"'\n");
}

static void print_fish_row(const struct option_row *row)
{
    printf("complete -c tcpwhy -l %s", row->name);
    if (row->letter)
        printf(" -s %c", row->letter);
    printf(" -d '");
    print_quoted(help_of(row), "\\");
    printf("'");
    if (!row->argument) {
        printf("\n");
        return;
    }
    switch (kind_of(row)) {
    case KIND_FILE:
    case KIND_CAPTURE:
        printf(" -r -F");
        break;
    case KIND_INTERFACE:
        printf(" -x -a 'any (command ls /sys/class/net 2>/dev/null)'");
        break;
    case KIND_USER:
        printf(" -x -a '(__fish_complete_users)'");
        break;
    case KIND_WORDS:
        printf(" -x -a '");
        print_words(row);
        printf("'");
        break;
    case KIND_NONE:
        printf(" -x");
        break;
    }
    printf("\n");
}

static void print_fish(void)
{
    printf("# fish completion of tcpwhy; made from its table of options.\n");
    for (size_t i = 0; i < option_row_count; i++)
        print_fish_row(&option_rows[i]);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *shell;
        void (*print)(void);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

    for (size_t i = 0; argc == 2 && i < ARRAY_LEN(shells); i++) {
        if (strcmp(shells[i].shell, argv[1]) == 0) {
            shells[i].print();
            return ferror(stdout) || fflush(stdout);
        }
    }
    fprintf(stderr, "usage: completions bash|zsh|fish\n");
    return 2;
}
