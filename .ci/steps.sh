# Steps of CI, to be sourced. A step is a command with a name; a lane is a sequence of steps that may run beside other
# lanes. The output of a step is printed as a whole after the step has ended, so that lanes do not mix.

# The logs and results of a run; a script that is a part of another one's run finds the folder in its environment.
lanes=()
part_of=${CI_STEPS:-}
export CI_STEPS=${part_of:-$(mktemp -d)}

# A lane is a session of its own: neither Ctrl-C nor the end of this script would end it.
end_lanes() {
  trap '' INT TERM HUP
  for lane in "${lanes[@]}"; do kill -- "-$lane" 2>/dev/null || true; done
  wait
  [ -n "$part_of" ] || rm -r "$CI_STEPS"
}
trap end_lanes EXIT
trap 'exit 130' INT TERM HUP

# start LANE [ARGUMENT…]: runs the function of this name in the background, in a new process of this script.
start() {
  setsid ".ci/$(basename "$0")" --lane "$@" </dev/null &
  lanes+=($!)
}

# await: until all lanes have ended.
await() {
  local lane
  for lane in "${lanes[@]}"; do wait "$lane" || touch "$CI_STEPS/failed"; done
  lanes=()
}

# run_lane_if_asked "$@": what `start` has started ends here.
run_lane_if_asked() {
  [ "${1:-}" = --lane ] || return 0
  shift
  # However the lane ends: other lanes may wait for what it does.
  trap 'code=$?; [ "$code" = 0 ] || touch "$CI_STEPS/failed"; end_lanes' EXIT
  "$@"
  exit
}

# A step that takes longer than this many seconds hangs, and fails.
longest_step=${CI_LONGEST_STEP:-1800}

# end_step PID: ends the command and all that it has started, after a list of them.
end_step() {
  local all
  all=$(family "$1")
  echo "not ended after $longest_step s:"
  ps -o pid,ppid,etimes,args -p "${all//$'\n'/,}"
  # shellcheck disable=SC2086
  kill $all
  sleep 30
  # shellcheck disable=SC2086
  kill -KILL $all 2>/dev/null || true
}

family() {
  local child
  echo "$1"
  for child in $(pgrep -P "$1"); do family "$child"; done
}

# ends_in_time PID: the watch of a step ends with it.
ends_in_time() {
  local left
  for ((left = longest_step; left > 0; left--)); do
    sleep 1
    kill -0 "$1" 2>/dev/null || return 0
  done
  end_step "$1"
}

# step NAME COMMAND…: runs the command, prints its output and its time. Ends the lane if the command fails or hangs, or if
# a step of another lane has failed.
step() {
  local name=$1 start=$SECONDS code=0 result=passed log=$CI_STEPS/log-$BASHPID
  shift
  if [ -e "$CI_STEPS/failed" ]; then
    not_run "$name" "another step failed"
    exit 1
  fi
  echo "-- $name"
  # In the background, for `set -e` does not hold in what stands before `||`.
  : >"$log"
  "$@" >>"$log" 2>&1 &
  local command=$!
  ends_in_time "$command" >>"$log" 2>&1 &
  wait "$command" || code=$?
  [ "$code" = 0 ] || { result=FAILED; touch "$CI_STEPS/failed"; }
  report "== $name: $result after $((SECONDS - start)) s" "$log"
  [ "$code" = 0 ] || exit 1
}

# done_with NAME, wait_for NAME: one lane waits for what another one has done, unless a step fails.
done_with() { touch "$CI_STEPS/done-$1"; }

wait_for() {
  until [ -e "$CI_STEPS/done-$1" ] || [ -e "$CI_STEPS/failed" ]; do sleep 1; done
}

# not_run NAME REASON: such a step counts neither as passed nor as failed.
not_run() { report "== $1: NOT RUN: $2"; }

# report LINE [LOG]: prints a log and then a line about it, in one piece, and keeps the line for the summary.
report() {
  {
    flock 9
    [ $# = 1 ] || cat "$2"
    echo "$1"
    echo "$1" >>"$CI_STEPS/results"
  } 9>"$CI_STEPS/lock"
}

# summary: prints the line of each step, then their counts. Fails if a lane failed or no step passed. A part of a run leaves
# that to the whole.
summary() {
  [ -z "$part_of" ] || { [ ! -e "$CI_STEPS/failed" ]; return; }
  local count
  count() { grep -c "^== .*: $1" "$CI_STEPS/results" || true; }
  printf '\nAfter %d s:\n' "$SECONDS"
  cat "$CI_STEPS/results"
  echo "steps: $(count 'passed after') passed, $(count 'FAILED after') failed, $(count 'NOT RUN') skipped"
  [ "$(count 'passed after')" -gt 0 ] && [ ! -e "$CI_STEPS/failed" ]
}

# only_idle_time: from now on this lane gets only processor time that others leave. The kernel shares it between sessions
# first, then between the processes of a session.
only_idle_time() {
  [ ! -w /proc/self/autogroup ] || echo 19 >/proc/self/autogroup
  chrt --idle --pid 0 $BASHPID
}
