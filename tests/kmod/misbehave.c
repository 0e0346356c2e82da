// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A balloon driver that takes the steps of its start in whatever order it is told to: a driver
 * for those that watch drivers.
 *
 *	insmod misbehave.ko order=no-acknowledge
 *	insmod misbehave.ko steps=RADrwFcqOn
 *
 * It binds the virtio device and takes each step by the operations of the transport, so that who
 * watches these sees it. The core has negotiated already when it calls a driver: the steps begin
 *with a reset of their own. When they are done the device is reset once more and started as it
 *should be, and so it stays until the module goes.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/version.h>
#include <linux/virtio.h>
#include <linux/virtio_balloon.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_pci.h>

#define PAGES  16
#define FAILED VIRTIO_CONFIG_S_FAILED

static const char right[] = "RADrwFcqOn";

static const struct {
	const char *name, *steps;
} orders[] = {
	{ "right", right },
	{ "no-acknowledge", "RDrwFcqOn" },
	{ "driver-before-acknowledge", "RDArwFcqOn" },
	{ "features-before-driver", "RArwDFcqOn" },
	{ "features-unread", "RADwFcqOn" },
	{ "features-unwritten", "RADrF" },
	{ "features-not-offered", "RADruF" },
	{ "no-features-ok", "RADrwqO" },
	{ "features-ok-unread", "RADrwFqOn" },
	{ "queues-before-features", "RADqrwFcO" },
	{ "queues-before-features-ok", "RADrwqFcOn" },
	{ "feature-added-late", "RADrwFcWqOn" },
	{ "config-write-early", "RADCrwFcqOn" },
	{ "notify-before-driver-ok", "RADrwFcqnO" },
	{ "driver-ok-before-queues", "RADrwFcOqn" },
	{ "status-bit-cleared", "RADrwFcqOx" },
	{ "carries-on-after-failed", "RADrwXFc" },
	{ "starts-over-after-failed", "RADrwX=DFc" },
	{ "starts-over-without-reset", "RADrwFcqO=D" },
	{ "notify-behind-the-core", "RADrwFcqpO" },
};

static char *order = "right";
module_param(order, charp, 0444);
MODULE_PARM_DESC(order, "name of an order of steps");
static char *steps;
module_param(steps, charp, 0444);
MODULE_PARM_DESC(steps, "the steps themselves, a letter each");

struct balloon {
	struct virtio_device *vdev;
	struct virtqueue *vq[2]; /* inflate, deflate */
	u64 offered;
	u8 status; /* as last written */
	__virtio32 pfns[PAGES];
	struct page *page[PAGES];
};

static void write_status(struct balloon *b, u8 value)
{
	b->status = value;
	b->vdev->config->set_status(b->vdev, value);
}

static int write_features(struct balloon *b, u64 features)
{
	b->vdev->features = BIT_ULL(VIRTIO_F_VERSION_1) | features;
	return b->vdev->config->finalize_features(b->vdev);
}

static void on_used(struct virtqueue *vq)
{
}

static int set_up_queues(struct balloon *b)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
	struct virtqueue_info info[] = { { "inflate", on_used }, { "deflate", on_used } };

	return virtio_find_vqs(b->vdev, 2, b->vq, info, NULL);
#else
	vq_callback_t *callbacks[] = { on_used, on_used };
	static const char *const names[] = { "inflate", "deflate" };

	return virtio_find_vqs(b->vdev, 2, b->vq, callbacks, names, NULL);
#endif
}

/* The pages into the balloon or out of it. A live device has two seconds to use the buffer. */
static int send(struct balloon *b, struct virtqueue *vq)
{
	struct scatterlist sg;
	unsigned int len;
	int err;

	if (!vq)
		return -ENODEV;
	sg_init_one(&sg, b->pfns, sizeof(b->pfns));
	err = virtqueue_add_outbuf(vq, &sg, 1, b, GFP_KERNEL);
	if (err)
		return err;
	virtqueue_kick(vq);
	for (int i = 0; b->status & VIRTIO_CONFIG_S_DRIVER_OK && i < 2000; i++) {
		if (virtqueue_get_buf(vq, &len))
			return 0;
		usleep_range(500, 1000);
	}
	return b->status & VIRTIO_CONFIG_S_DRIVER_OK ? -ETIMEDOUT : 0;
}

/* Queue 0, by the register that the capability tells of (virtio 1.4, 4.1.4.4), as if there were no
 * core. */
static int notify_by_hand(struct balloon *b)
{
	struct pci_dev *pdev = to_pci_dev(b->vdev->dev.parent);
	u8 type = 0, bar;
	u32 offset;
	void __iomem *reg;
	int cap;

	if (!dev_is_pci(b->vdev->dev.parent))
		return -ENODEV;
	for (cap = pci_find_capability(pdev, PCI_CAP_ID_VNDR); cap;
	     cap = pci_find_next_capability(pdev, cap, PCI_CAP_ID_VNDR)) {
		pci_read_config_byte(pdev, cap + VIRTIO_PCI_CAP_CFG_TYPE, &type);
		if (type == VIRTIO_PCI_CAP_NOTIFY_CFG)
			break;
	}
	if (!cap)
		return -ENODEV;
	pci_read_config_byte(pdev, cap + VIRTIO_PCI_CAP_BAR, &bar);
	pci_read_config_dword(pdev, cap + VIRTIO_PCI_CAP_OFFSET, &offset);
	reg = pci_iomap_range(pdev, bar, offset, 2);
	if (!reg)
		return -ENOMEM;
	iowrite16(0, reg);
	pci_iounmap(pdev, reg);
	return 0;
}

static void reset(struct balloon *b)
{
	b->vdev->config->reset(b->vdev);
	b->status = 0;
	if (b->vq[0])
		b->vdev->config->del_vqs(b->vdev);
	b->vq[0] = b->vq[1] = NULL;
}

static int step(struct balloon *b, char what)
{
	const struct virtio_config_ops *ops = b->vdev->config;
	__le32 actual = 0;

	switch (what) {
	case 'R': /* reset */
		reset(b);
		return 0;
	case 'A':
		write_status(b, b->status | VIRTIO_CONFIG_S_ACKNOWLEDGE);
		return 0;
	case 'D':
		write_status(b, b->status | VIRTIO_CONFIG_S_DRIVER);
		return 0;
	case 'r': /* the features on offer */
		b->offered = ops->get_features(b->vdev);
		return 0;
	case 'w': /* accepts what it needs, */
		return write_features(b, 0);
	case 'W': /* one more, */
		return write_features(b, b->offered & BIT_ULL(VIRTIO_BALLOON_F_DEFLATE_ON_OOM));
	case 'u': /* one that is no balloon's, and not on offer */
		return write_features(b, BIT_ULL(20));
	case 'F':
		write_status(b, b->status | VIRTIO_CONFIG_S_FEATURES_OK);
		return 0;
	case 'c': /* is FEATURES_OK still there? */
		return ops->get_status(b->vdev) & VIRTIO_CONFIG_S_FEATURES_OK ? 0 : -ENODEV;
	case 'q': /* queues */
		return set_up_queues(b);
	case 'O':
		write_status(b, b->status | VIRTIO_CONFIG_S_DRIVER_OK);
		return 0;
	case 'n': /* a buffer, and a notification */
		return send(b, b->vq[0]);
	case 'p': /* a notification that goes past the core */
		return notify_by_hand(b);
	case 'C': /* `actual` */
		ops->set(b->vdev, 4, &actual, sizeof(actual));
		return 0;
	case 'x': /* takes DRIVER away */
		write_status(b, b->status & ~VIRTIO_CONFIG_S_DRIVER);
		return 0;
	case 'X':
		write_status(b, b->status | FAILED);
		return 0;
	case '=': /* from the top: the status is ACKNOWLEDGE alone */
		write_status(b, VIRTIO_CONFIG_S_ACKNOWLEDGE);
		return 0;
	default:
		return -EINVAL;
	}
}

static int play(struct balloon *b, const char *what)
{
	for (const char *p = what; *p; p++) {
		int err = step(b, *p);

		if (err) {
			dev_info(&b->vdev->dev, "step %c of %s: error %d\n", *p, what, err);
			return err;
		}
	}
	return 0;
}

static void drop_pages(struct balloon *b)
{
	for (int i = 0; i < PAGES && b->page[i]; i++)
		__free_page(b->page[i]);
}

static int take_pages(struct balloon *b)
{
	for (int i = 0; i < PAGES; i++) {
		b->page[i] = alloc_page(GFP_KERNEL);
		if (!b->page[i])
			return -ENOMEM;
		b->pfns[i] = cpu_to_virtio32(b->vdev, page_to_pfn(b->page[i]));
	}
	return 0;
}

static int misbehave_probe(struct virtio_device *vdev)
{
	struct balloon *b = kzalloc(sizeof(*b), GFP_KERNEL);
	int err;

	if (!b)
		return -ENOMEM;
	b->vdev = vdev;
	b->offered = vdev->features;
	vdev->priv = b;
	err = take_pages(b);
	if (!err) {
		dev_info(&vdev->dev, "misbehave: %s\n", steps);
		play(b, steps);
		err = play(b, right);
		if (!err)
			err = send(b, b->vq[1]);
		dev_info(&vdev->dev, "misbehave: done, %d\n", err);
	}
	if (err) {
		reset(b);
		drop_pages(b);
		kfree(b);
	}
	return err;
}

static void misbehave_remove(struct virtio_device *vdev)
{
	struct balloon *b = vdev->priv;

	reset(b);
	drop_pages(b);
	kfree(b);
}

static const struct virtio_device_id ids[] = {
	{ VIRTIO_ID_BALLOON, VIRTIO_DEV_ANY_ID },
	{ 0 },
};

static struct virtio_driver misbehave = {
	.driver.name = KBUILD_MODNAME,
	.driver.owner = THIS_MODULE,
	.id_table = ids,
	.probe = misbehave_probe,
	.remove = misbehave_remove,
};

static int __init start(void)
{
	for (int i = 0; !steps && i < ARRAY_SIZE(orders); i++)
		if (!strcmp(order, orders[i].name))
			steps = (char *)orders[i].steps;
	if (!steps || steps[strspn(steps, "RADrwWuFcqOnpCxX=")]) {
		pr_err("misbehave: %s: expected the name of an order, or letters of steps\n",
		       steps ? steps : order);
		return -EINVAL;
	}
	return register_virtio_driver(&misbehave);
}

static void __exit stop(void)
{
	unregister_virtio_driver(&misbehave);
}

module_init(start);
module_exit(stop);

MODULE_DESCRIPTION("A virtio balloon driver with its steps in any order");
MODULE_LICENSE("Dual MIT/GPL");
