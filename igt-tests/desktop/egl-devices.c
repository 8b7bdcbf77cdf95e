// SPDX-License-Identifier: MIT
/*
 * Prints a line for each device of EGL, in EGL's order: its DRM node, or
 * "software", and whether a display of it starts.
 */
#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <stdio.h>

#define MAX_DEVICES 16

static PFNEGLQUERYDEVICESEXTPROC query_devices;
static PFNEGLQUERYDEVICESTRINGEXTPROC query_string;
static PFNEGLGETPLATFORMDISPLAYEXTPROC get_display;

static const char *node(EGLDeviceEXT device)
{
	const char *name = query_string(device, EGL_DRM_RENDER_NODE_FILE_EXT);

	name = name ?: query_string(device, EGL_DRM_DEVICE_FILE_EXT);
	return name ?: "software";
}

static const char *start(EGLDeviceEXT device)
{
	EGLDisplay display = get_display(EGL_PLATFORM_DEVICE_EXT, device, NULL);

	if (display == EGL_NO_DISPLAY || !eglInitialize(display, NULL, NULL))
		return "fails";
	eglTerminate(display);
	return "starts";
}

int main(void)
{
	EGLDeviceEXT devices[MAX_DEVICES];
	EGLint n = 0;

	query_devices = (void *)eglGetProcAddress("eglQueryDevicesEXT");
	query_string = (void *)eglGetProcAddress("eglQueryDeviceStringEXT");
	get_display = (void *)eglGetProcAddress("eglGetPlatformDisplayEXT");
	if (!query_devices || !query_string || !get_display ||
	    !query_devices(MAX_DEVICES, devices, &n)) {
		fprintf(stderr, "egl-devices: EGL cannot list its devices\n");
		return 1;
	}
	for (EGLint i = 0; i < n; i++)
		printf("%s %s\n", node(devices[i]), start(devices[i]));
	return n ? 0 : 1;
}
