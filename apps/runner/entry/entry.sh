# Drives the steps of one step container: busybox sh entry ID [ROOT]
#
# Run by a static busybox, so that any image will do; as PID 1 of its container. It talks with the runner through two volumes that nobody
# else mounts: ROOT/ctl (FIFOs and marks) and ROOT/secrets (memory; what the runner wrote for a step). One folder for each step in both.
#
#   ctl/ready            written once commands are read from the FIFO ctl/start: a step's folder name, or "end"
#   ctl/STEP/started     written with O_EXCL before the step's process exists: a step is never started twice
#   ctl/STEP/running     written once the FIFOs out, err and signal are open here; the process is started at the first line in signal,
#                        which says that the runner reads; every later line is the name of a signal
#   ctl/STEP/told        written when this container is told to end while the step's process runs, before that hears of it
#   ctl/STEP/exit        the exit code, renamed into place once the process and what it left behind have ended
#   secrets/STEP/env     "export NAME='value'" lines; secrets/STEP/argv: "set -- 'program' 'argument'"
#
# Exit codes of this script: 0 told to end, 75 a step was to be started twice, 143 told to end by a signal.

id=$1
root=${2:-/sluice}
busybox=$root/bin/busybox
ctl=$root/ctl
secrets=$root/secrets
umask 0007

pid=
stopped=
interrupted=

# Signals go to the step's whole process group. A child of a non-interactive shell starts with INT and QUIT ignored: TERM stands for both.
forward() {
  interrupted=1
  if [ -n "$pid" ]; then
    # Whatever the step makes of the signal: the runner knows that it did not end by itself.
    echo "$1" 2>/dev/null >"$ctl/$step/told"
    kill -s "$1" -- "-$pid" 2>/dev/null || kill -s "$1" "$pid" 2>/dev/null
  else stopped=1
  fi
}
trap 'forward TERM' TERM INT QUIT
trap 'forward HUP' HUP

# Finds $1 on PATH: busybox itself would prefer its own applets to the image's programs.
find_program() {
  program=
  case $1 in
    */*) [ -f "$1" ] && [ -x "$1" ] && program=$1 ;;
    *)
      old_ifs=$IFS
      IFS=:
      for folder in $PATH; do
        if [ -f "${folder:-.}/$1" ] && [ -x "${folder:-.}/$1" ]; then
          program=${folder:-.}/$1
          break
        fi
      done
      IFS=$old_ifs
      ;;
  esac
  [ -n "$program" ]
}

run_step() {
  step=$1
  folder=$ctl/$step
  # noclobber opens with O_EXCL; echo, because a failed redirection of a special builtin would end this shell.
  set -C
  if ! { echo "$$" >"$folder/started"; } 2>/dev/null; then
    echo "sluice: step $step was started before; it is not started again" >&2
    exit 75
  fi
  set +C
  for name in out err signal; do "$busybox" mkfifo "$folder/$name" || exit 74; done
  # Open for reading and writing: a runner that goes away does not end the step by SIGPIPE.
  exec 7<>"$folder/signal" 8<>"$folder/out" 9<>"$folder/err"
  echo 1 >"$folder/running.tmp" && "$busybox" mv "$folder/running.tmp" "$folder/running"
  # What nobody reads is lost when the last end of a FIFO is closed: wait for the runner's word that it reads.
  until read -r name <&7; do
    [ -z "$stopped" ] || exit 143
  done

  (
    trap - TERM INT QUIT HUP
    umask 0002
    if [ -z "${PATH:-}" ]; then PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; fi
    export PATH
    case ${HOME:-/} in /) export HOME="$root/workspace" ;; esac
    export SLUICE_STEP_FOLDER="$folder"
    . "$secrets/$step/env" || exit 126
    . "$secrets/$step/argv" || exit 126
    if [ -d "$root/workspace" ]; then cd "$root/workspace" || exit 126; fi
    if find_program "$1"; then
      shift
      set -- "$program" "$@"
    elif [ "$1" = sh ]; then
      # An image without a shell: ours.
      set -- "$busybox" "$@"
    else
      echo "sluice: the image has no program \"$1\" on its PATH ($PATH)" >&9
      exit 127
    fi
    exec "$busybox" setsid "$@" </dev/null >&8 2>&9 3>&- 7>&- 8>&- 9>&-
  ) &
  pid=$!

  # Signal names from the runner, which cannot signal a process of another container.
  (
    trap - TERM INT QUIT HUP
    exec 3>&- 8>&- 9>&-
    while read -r name <&7; do
      case $name in
        TERM | INT | QUIT) kill -s TERM -- "-$pid" 2>/dev/null || kill -s TERM "$pid" 2>/dev/null ;;
        HUP | KILL | USR1 | USR2) kill -s "$name" -- "-$pid" 2>/dev/null || kill -s "$name" "$pid" 2>/dev/null ;;
      esac
    done
  ) &
  listener=$!

  # A trapped signal ends the wait early; the process then goes on, and so does the wait.
  while :; do
    interrupted=
    wait "$pid"
    code=$?
    [ -n "$interrupted" ] || break
  done
  ended=$pid
  pid=

  # What it left behind: its group, and as PID 1 everything else in the container but ourselves.
  kill -s KILL -- "-$ended" 2>/dev/null
  kill -s KILL "$listener" 2>/dev/null
  wait "$listener" 2>/dev/null
  if [ "$$" = 1 ]; then kill -s KILL -- -1 2>/dev/null; fi
  wait

  echo "$code" >"$folder/exit.tmp" && "$busybox" mv "$folder/exit.tmp" "$folder/exit"
  # The runner reads to the end of the FIFOs, which is now.
  exec 7>&- 8>&- 9>&-
}

"$busybox" mkfifo "$ctl/start" || exit 75
exec 3<>"$ctl/start"
echo "$id" >"$ctl/ready.tmp" && "$busybox" mv "$ctl/ready.tmp" "$ctl/ready"

while [ -z "$stopped" ]; do
  if read -r line <&3; then
    case $line in
      end) exit 0 ;;
      '' | *[!A-Za-z0-9_-]*) echo "sluice: not a step: $line" >&2 ;;
      *) run_step "$line" ;;
    esac
  elif [ -z "$stopped" ]; then
    # Interrupted by a signal that was meant for a step which has ended.
    continue
  fi
done
exit 143
