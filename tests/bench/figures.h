/* SPDX-License-Identifier: Apache-2.0 */
/*
 * figures: what benches measure of processes and the disk.
 */
#ifndef AE_TESTS_BENCH_FIGURES_H
#define AE_TESTS_BENCH_FIGURES_H

#include <sys/types.h>
#include <time.h>

double figures_seconds(clockid_t clock);

/* CPU seconds of a process of one thread, from the scheduler; ends the program without it. */
double figures_cpu(pid_t pid);

/* The same of any process, from its clock: all its threads, those that have ended too. */
double figures_process_cpu(pid_t pid);

/* Of its children; to the tick of the scheduler's clock for those that have ended. */
double figures_children_cpu(pid_t pid);

/* Seconds that a processor has been idle, to the tick; ends the program without such a one. */
double figures_core_idle(unsigned int core);

/* Highest resident memory since figures_forget_peak(), KiB; pid 0: this process. */
long figures_peak_kib(pid_t pid);
void figures_forget_peak(pid_t pid);

/* Print how often the disk of a directory appends 4 KiB and syncs, a second. */
void figures_print_disk(const char *directory);

#endif
