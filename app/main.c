/* SPDX-License-Identifier: BSD-2-Clause */
/* tcpwhy: parse, build, run, close. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "app/listing.h"
#include "app/lockdown.h"
#include "app/memory.h"
#include "app/options.h"
#include "app/outputs.h"
#include "app/pipeline.h"
#include "app/runinfo.h"
#include "app/service.h"
#include "app/signals.h"
#include "app/version.h"
#include "capture/devices.h"
#include "capture/filter.h"
#include "capture/linktype.h"

enum exit_code {
    EXIT_FINE,
    EXIT_WORLD,
    EXIT_USAGE,
    EXIT_FAIL_ON,
    EXIT_DAMAGED
};

static int complain(const struct err *err)
{
    fprintf(stderr, "tcpwhy: %s\n", err->text);
    return err->code == -EINVAL || err->code == -E2BIG ? EXIT_USAGE : EXIT_WORLD;
}

static enum face choose_face(const struct options *options, bool is_live)
{
    if (options->face != FACE_AUTO)
        return options->face;
    if (!is_live)
        return FACE_REPORT;
    return isatty(STDOUT_FILENO) && isatty(STDIN_FILENO) && !options->output_path ? FACE_TUI
                                                                                  : FACE_TEXT;
}

/* Capture, worker and judge make three threads; more workers pay with more cores, and from a file
 * the one reader is the limit. */
static uint32_t choose_threads(const struct options *options)
{
    long n_cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (options->n_threads)
        return options->n_threads;
    return n_cores >= 8 ? 4 : n_cores >= 4 ? 2 : 1;
}

static struct memory_kept choose_kept(const struct options *options, enum face face)
{
    if (options->can_read_again || (!options->write_path && face != FACE_TUI))
        return (struct memory_kept){0};
    return options->write_path ? memory_for_writer(options->memory_bytes) : memory_for_screen();
}

static void fill_config(struct pipeline_config *config, const struct options *options,
                        const struct run_info *run, const struct memory_kept *kept)
{
    *config = (struct pipeline_config){
        .capture =
            {
                .interfaces = options->interface,
                .n_interfaces = options->n_interfaces,
                .files = options->file,
                .n_files = options->n_files,
                .filter = options->filter,
                .max_packets = options->max_packets,
                .snap_bytes = options->snap_bytes,
                .buffer_bytes = options->buffer_bytes,
                .is_promiscuous = !options->is_not_promiscuous,
                .is_light = options->is_light,
                .direction = options->direction,
            },
        .n_workers = choose_threads(options),
        .memory_bytes = options->memory_bytes - kept->of_tables_bytes,
        .tap_bytes = kept->tap_bytes,
        .is_live = run->is_live,
        .report_all = options->report_all,
        .has_screen = choose_face(options, run->is_live) == FACE_TUI,
        .stats_interval_ns = run->is_live ? 0 : options->stats_interval_ns,
        .incident_rules = &options->incident_rules,
        .wants_host_evidence = options->host_wish == HOST_WISH_YES ||
                               (options->host_wish == HOST_WISH_LIVE && run->is_live),
        .local = run->local,
        .n_local = run->n_local,
    };
    /* A full table of hosts forgets by place: a file is read in the same way each time. */
    if (run->is_live && getrandom(&config->hash_seed, sizeof(config->hash_seed), 0) < 0)
        config->hash_seed = (uint64_t)getpid(); /* worse against hash flooding, no worse else */
}

static void summarize(const struct stop_info *stop)
{
    const struct run_totals *total = &stop->final->total;

    fprintf(stderr, "%" PRIu64 " packets captured, %" PRIu64 " dropped by the kernel, ",
            total->n_pkts, total->n_kernel_dropped);
    if (total->is_iface_dropped_known)
        fprintf(stderr, "%" PRIu64 " dropped by the card", total->n_iface_dropped);
    else
        fprintf(stderr, "dropped by the card: unknown");
    if (total->n_shed || total->n_ring_dropped)
        fprintf(stderr, ", %" PRIu64 " shed for want of room",
                total->n_shed + total->n_ring_dropped);
    fprintf(stderr, "\n");
}

/* What did not get out is told at the end again, and by the status: nothing is lost in silence. */
static int finish_outputs(struct outputs *outputs, const struct stop_info *stop)
{
    uint64_t n_events_lost = stop->final->total.n_events_lost;
    uint64_t n_unwritten = outputs_finish(outputs);

    if (n_unwritten > 0)
        fprintf(stderr, "tcpwhy: %" PRIu64 " lines could not be written\n", n_unwritten);
    if (n_events_lost > 0)
        fprintf(stderr, "tcpwhy: %" PRIu64 " events came too fast to be written\n", n_events_lost);
    return stop->exit_code == EXIT_FINE && n_unwritten + n_events_lost > 0 ? EXIT_WORLD
                                                                           : stop->exit_code;
}

static int run_pipeline(struct pipeline *pipeline, struct outputs *outputs,
                        const struct options *options, const struct capture_config *config)
{
    const struct capture_status *status;
    struct stop_info stop = {.reason = STOP_END_OF_INPUT};
    bool is_live = outputs->run->is_live;
    struct err err;
    int exit_code;

    outputs->input = config;
    if (pipeline_start(pipeline, &err) || service_start(outputs->service, pipeline, &err))
        return complain(&err);
    outputs_run(outputs, pipeline);

    status = capture_status(pipeline_capture(pipeline));
    stop.signal_name = signals_stop_name();
    if (stop.signal_name || outputs->wants_quit)
        stop.reason = STOP_SIGNAL;
    else if (status->end == CAPTURE_END_FAILED)
        stop.reason = STOP_ERROR;
    else if (status->end == CAPTURE_END_LIMIT || status->end == CAPTURE_END_STOPPED)
        stop.reason = STOP_LIMIT;
    if (status->end == CAPTURE_END_FAILED)
        stop.exit_code = EXIT_WORLD;
    else if (status->n_damaged_files)
        stop.exit_code = EXIT_DAMAGED;
    else if (outputs->is_failed_on)
        stop.exit_code = EXIT_FAIL_ON;
    else if (outputs_write_errors(outputs))
        stop.exit_code = EXIT_WORLD;
    service_stop(outputs->service);
    outputs_stop(outputs, &stop);
    exit_code = finish_outputs(outputs, &stop);
    if (status->err.code)
        fprintf(stderr, "tcpwhy: %s\n", status->err.text);
    if (is_live && !options->is_quiet)
        summarize(&stop);
    if (outputs_write_packets(outputs, config, &err))
        return complain(&err);
    return exit_code;
}

/* A service has no terminal: there a hang-up asks for its files to be opened again. */
static bool is_service(enum face face, bool is_live)
{
    return is_live && face != FACE_TUI && face != FACE_REPORT && !signals_hangup_ends();
}

/* --check: all that can be said without opening anything. */
static int check(const struct options *options)
{
    const struct run_info run_info = {.is_live = options->n_files == 0};
    const struct memory_kept kept = choose_kept(options, choose_face(options, run_info.is_live));
    struct pipeline_config config;
    struct filter filter = {0};
    struct err err;

    fill_config(&config, options, &run_info, &kept);
    if (filter_compile(&filter, options->filter, LINKTYPE_ETHERNET_ID, &err))
        return complain(&err);
    filter_close(&filter);
    if (pipeline_check(&config, &err))
        return complain(&err);
    printf("the options are good\n");
    return EXIT_FINE;
}

static int run(struct options *options)
{
    char default_device[DEVICE_NAME_BYTES];
    struct run_info run_info;
    struct run_texts texts;
    struct pipeline_config config;
    struct pipeline *pipeline = NULL;
    struct outputs outputs;
    bool is_live = options->n_files == 0;
    enum face face = choose_face(options, is_live);
    bool reopens = is_service(face, is_live); /* asked before the sandbox hides the terminal */
    struct memory_kept kept = choose_kept(options, face);
    struct err err;
    int exit_code;

    if (is_live && options->n_interfaces == 0) {
        capture_default_device(default_device);
        options->interface[options->n_interfaces++] = default_device;
    }
    runinfo_fill(&run_info, &texts, options, is_live);
    fill_config(&config, options, &run_info, &kept);
    if (pipeline_open(&pipeline, &config, &err))
        return complain(&err);
    runinfo_fill_pipeline(&run_info, pipeline);
    if (pipeline_watch_err(pipeline)->code &&
        (options->host_wish == HOST_WISH_YES || options->is_verbose))
        fprintf(stderr, "tcpwhy: no host evidence: %s\n", pipeline_watch_err(pipeline)->text);
    if (options->is_verbose)
        listing_pipeline(pipeline, config.n_workers);
    if (outputs_open(&outputs, &run_info, options, face, kept.store_bytes, &err)) {
        pipeline_close(pipeline);
        return complain(&err);
    }
    if (service_open(&outputs.service, options, &run_info, &err) ||
        lockdown_enter(options, face, &run_info, &err)) {
        exit_code = complain(&err);
    } else {
        signals_install(is_live || face == FACE_JSON, reopens);
        exit_code = run_pipeline(pipeline, &outputs, options, &config.capture);
    }
    service_close(outputs.service);
    outputs_close(&outputs);
    pipeline_close(pipeline);
    return exit_code;
}

/* What is opened next must not become standard output because that was closed; for reading only,
 * so that writing there still is an error. */
static void hold_standard_files(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        (void)close(fd);
}

int main(int argc, char **argv)
{
    struct options options;
    struct err err;
    int exit_code;

    hold_standard_files();
    (void)setlocale(LC_CTYPE, ""); /* characters only: numbers and texts are the same everywhere */
    if (options_parse(&options, argc, argv, &err))
        return complain(&err);
    if (options.wants_help) {
        options_print_help();
        exit_code = EXIT_FINE;
    } else if (options.wants_version) {
        printf("tcpwhy %s (%s)\n", TCPWHY_VERSION, TCPWHY_BUILD);
        exit_code = EXIT_FINE;
    } else if (options.wants_devices) {
        exit_code = listing_devices(&err) ? complain(&err) : EXIT_FINE;
    } else if (options.wants_dump) {
        options_print_settings(&options);
        exit_code = EXIT_FINE;
    } else if (options.wants_check) {
        exit_code = check(&options);
    } else {
        exit_code = run(&options);
    }
    options_free(&options);
    return exit_code;
}
