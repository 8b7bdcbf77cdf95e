// SPDX-License-Identifier: MIT
#include <dgem.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xf86drm.h>

/* Waits until the timeline is there, also if nobody has said yet that it will be. */
static int wait_for(int drm, uint32_t timeline, uint64_t point)
{
	return drmSyncobjTimelineWait(drm, &timeline, &point, 1, INT64_MAX,
				      DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT, NULL);
}

static int reach(int drm, uint32_t timeline, uint64_t point)
{
	return drmSyncobjTimelineSignal(drm, &timeline, &point, 1);
}

/* A process with a file of its own, which got both descriptors. */
static int viewer(int frame_fd, int timeline_fd)
{
	struct dgem_device *dev;
	uint32_t timeline;
	struct dgem_bo *bo;
	void *frame;
	int drm;

	if (dgem_device_open(&dev) || dgem_bo_import(dev, frame_fd, &bo) ||
	    dgem_bo_map(bo, &frame) ||
	    drmSyncobjFDToHandle(dgem_device_fd(dev), timeline_fd, &timeline))
		return 1;
	drm = dgem_device_fd(dev);
	for (unsigned long n = 1; n <= 3; n++)
		if (wait_for(drm, timeline, 2 * n - 1) ||
		    printf("the viewer sees %s\n", (char *)frame) < 0 ||
		    reach(drm, timeline, 2 * n))
			return 1;
	return fflush(stdout);
}

int main(void)
{
	int drm, frame_fd, timeline_fd, status;
	struct dgem_device *dev;
	uint32_t timeline;
	struct dgem_bo *bo;
	void *frame;

	if (dgem_device_open(&dev) || dgem_bo_create(dev, 4096, NULL, &bo) ||
	    dgem_bo_map(bo, &frame) || dgem_bo_export(bo, O_RDWR, &frame_fd))
		return fputs("no buffer\n", stderr), 1;
	drm = dgem_device_fd(dev);
	if (drmSyncobjCreate(drm, 0, &timeline) ||
	    drmSyncobjHandleToFD(drm, timeline, &timeline_fd))
		return perror("no timeline"), 1;
	if (!fork())
		_exit(viewer(frame_fd, timeline_fd));
	/* Odd points: a frame is there. Even ones: the viewer has seen it. */
	for (unsigned long n = 1; n <= 3; n++)
		if (sprintf(frame, "frame %lu", n) < 0 || reach(drm, timeline, 2 * n - 1) ||
		    wait_for(drm, timeline, 2 * n))
			return perror("timeline"), 1;
	return wait(&status) < 0 || status;
}
