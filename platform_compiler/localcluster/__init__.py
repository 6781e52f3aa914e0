"""A Kubernetes control plane on this machine, with simulated nodes: to try things without a cluster, and for tests.

etcd, kube-apiserver, kube-controller-manager and kube-scheduler are the real ones. The nodes are kwok's: pods become
Ready, but no image is ever pulled and no container runs. So it proves objects, admission, order and rollouts, and not
what a program does in its container.
"""
