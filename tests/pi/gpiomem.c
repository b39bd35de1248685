// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel of Debian has no /dev/gpiomem, the device that gives the group gpio access to the pins in Raspberry Pi OS.
 * This module replaces it in an emulated Pi 3: a mapping of the device is the page of GPIO registers.
 */
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>

#define GPIO_REGISTERS 0x3f200000UL

static int gpiomem_mmap(struct file *file, struct vm_area_struct *area)
{
	if (area->vm_end - area->vm_start > PAGE_SIZE)
		return -EINVAL;
	area->vm_page_prot = pgprot_noncached(area->vm_page_prot);
	return io_remap_pfn_range(area, area->vm_start, GPIO_REGISTERS >> PAGE_SHIFT,
				  area->vm_end - area->vm_start, area->vm_page_prot);
}

static const struct file_operations operations = { .owner = THIS_MODULE, .mmap = gpiomem_mmap };

static dev_t number;
static struct cdev device;
static struct class *class;

static int __init gpiomem_init(void)
{
	int error = alloc_chrdev_region(&number, 0, 1, "gpiomem");

	if (error)
		return error;
	cdev_init(&device, &operations);
	error = cdev_add(&device, number, 1);
	if (error)
		return error;
	/* The name in the udev rules of Raspberry Pi OS and of dlna-kiosk. */
	class = class_create(THIS_MODULE, "bcm2835-gpiomem");
	if (IS_ERR(class))
		return PTR_ERR(class);
	return PTR_ERR_OR_ZERO(device_create(class, NULL, number, NULL, "gpiomem"));
}

/* The module is never unloaded: the machine is switched off. */
module_init(gpiomem_init);
MODULE_DESCRIPTION("/dev/gpiomem for an emulated Pi 3");
MODULE_LICENSE("GPL");
