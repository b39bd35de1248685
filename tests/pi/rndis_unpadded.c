// SPDX-License-Identifier: GPL-2.0
/*
 * Linux appends a byte to a USB transfer that would end with a full packet. QEMU's RNDIS card takes this byte as the
 * start of the next frame and never sends anything again: after a frame of 84 bytes, or 148, 212 and so on.
 * This module makes the packet size so large that no packet is full; the card finds the end of a frame by its header.
 */
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/usb/usbnet.h>

static int on_event(struct notifier_block *block, unsigned long event, void *about)
{
	struct net_device *card = netdev_notifier_info_to_dev(about);

	if (event == NETDEV_UP && card->dev.parent && !strcmp(dev_driver_string(card->dev.parent), "rndis_host"))
		((struct usbnet *)netdev_priv(card))->maxpacket = 1 << 16;
	return NOTIFY_DONE;
}

static struct notifier_block block = { .notifier_call = on_event };

static int __init rndis_unpadded_init(void)
{
	return register_netdevice_notifier(&block);
}

/* The module is never unloaded: the machine is switched off. */
module_init(rndis_unpadded_init);
MODULE_DESCRIPTION("Frames that QEMU's RNDIS card understands");
MODULE_LICENSE("GPL");
