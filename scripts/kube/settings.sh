# Read by the scripts beside it, not run. What a test cluster of this project is made of and where it lives; every value can be set from
# outside, so that two clusters can stand side by side on one machine.
#
#   SLUICE_KUBE_DIR       state, logs, certificates, kubeconfigs (default: .sluice/kube of the checkout)
#   SLUICE_KUBE_BINARIES  archive (tar, any compression) with kube-apiserver, kube-controller-manager, kube-scheduler and kubelet
#                         (default: SLUICE_KUBE_DIR/kubernetes.tar.xz, which `build` makes)
#   SLUICE_KUBE_NETWORK   first two numbers of the pods' network (default 10.98: pods 10.98.0.0/16, Services 10.99.0.0/16)
#   SLUICE_KUBE_PORTS     first of the sixteen ports that the cluster's parts listen on (default 26400)

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
state=$(realpath -m -- "${SLUICE_KUBE_DIR:-$checkout/.sluice/kube}")
archive=$(realpath -m -- "${SLUICE_KUBE_BINARIES:-$state/kubernetes.tar.xz}")
network=${SLUICE_KUBE_NETWORK:-10.98}
first_port=${SLUICE_KUBE_PORTS:-26400}

if ! [[ $network =~ ^10\.([0-9]{1,3})$ ]] || ((BASH_REMATCH[1] > 254)); then
  echo "SLUICE_KUBE_NETWORK is \"$network\"; write it as 10.N with N up to 254." >&2
  exit 2
fi
if ! [[ $first_port =~ ^[0-9]{4,5}$ ]] || ((first_port < 1024 || first_port > 65000)); then
  echo "SLUICE_KUBE_PORTS is \"$first_port\"; write a port between 1024 and 65000." >&2
  exit 2
fi

services=10.$((${network#10.} + 1))
host=$network.0.1
bridge=sluice${network#10.}
cgroup=/sluice-kube-${network#10.}
api_port=$first_port
etcd_port=$((first_port + 1))
etcd_peer_port=$((first_port + 2))
kubelet_port=$((first_port + 3))
kubelet_health_port=$((first_port + 4))
controller_port=$((first_port + 5))
scheduler_port=$((first_port + 6))
registry_port=$((first_port + 7))
stream_port=$((first_port + 8))

registry_user=sluice
registry_password=let-me-pull

# Programs that are started and stopped, in the order of their start.
parts=(etcd apiserver controller-manager scheduler registry containerd kubelet)

fail() {
  echo "${0##*/}: $1" >&2
  exit 1
}

# Whether a part that was started is still the same process: a number alone may have been given to another one.
is_running() {
  local file=$state/run/$1 pid started
  [ -s "$file" ] || return 1
  read -r pid started <"$file"
  [ "$(process_start "$pid")" = "$started" ]
}

# When a process began, in clock ticks since boot; nothing where there is none.
process_start() {
  local stat
  { read -r stat </proc/"$1"/stat; } 2>/dev/null || return 0
  # Behind the name, which may hold spaces and brackets.
  set -- ${stat##*) }
  echo "${20}"
}
