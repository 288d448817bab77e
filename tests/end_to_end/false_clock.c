/* A wall clock that lies, for one process: preloaded, it adds what stands in a file of 16 bytes
 * (offset in ns, whether a time service vouches). Steady clocks and waiting stay true. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *lie;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("FALSE_CLOCK");
	int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (file < 0)
		return;
	void *mapped = mmap(0, 16, PROT_READ, MAP_SHARED, file, 0);

	lie = mapped == MAP_FAILED ? 0 : mapped;
	close(file);
}

int clock_gettime(clockid_t which, struct timespec *t)
{
	int failed = syscall(SYS_clock_gettime, which, t);

	if (!failed && lie && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) {
		int64_t ns = t->tv_sec * 1000000000LL + t->tv_nsec + lie[0];

		t->tv_sec = ns / 1000000000;
		t->tv_nsec = ns % 1000000000;
	}
	return failed;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	struct timespec now;
	int failed = clock_gettime(CLOCK_REALTIME, &now);

	(void)zone;
	t->tv_sec = now.tv_sec;
	t->tv_usec = now.tv_nsec / 1000;
	return failed;
}

time_t time(time_t *where)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (where)
		*where = now.tv_sec;
	return now.tv_sec;
}

int adjtimex(struct timex *t)
{
	int state = syscall(SYS_adjtimex, t);

	if (lie && lie[1]) {
		t->status &= ~STA_UNSYNC;
		return TIME_OK;
	}
	return state;
}
