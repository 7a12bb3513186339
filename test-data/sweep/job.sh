#!/bin/bash
# Trains a sweep as an array job of Slurm, up to 4 runs each task. From this folder: sbatch job.sh
# What a run is, sweep.json in the folder above says. Written by cvae-gpu sweep --slurm.
#
#SBATCH --job-name=it-s-one
#SBATCH --array=0-14%8
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=8:00:00
#SBATCH --partition=gpu
#SBATCH --gres=gpu:1
# Before its time is up, and to this shell alone (B:).
#SBATCH --signal=B:USR1@120
# A task that is started again goes on, in the same log.
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=logs/%A_%a.log
#SBATCH --account=mine
set -u

folder='/home/me/sweeps/it'\''s one'
# Names of images in sweep.json may be relative to this one.
cd /home/me || exit 1
java=/usr/lib/jvm/jdk-25/bin/java
# Another machine may have another.
[ -x "$java" ] || java=java

# The signals come to this shell, which passes them on: SIGUSR1 has the program write a checkpoint and exit with 75,
# and SIGTERM, by which scancel and preemption end a job, has it write one and end.
child=
signalled=
heard=
trap 'heard=yes; signalled=yes; [ -z "$child" ] || kill -USR1 "$child" 2>/dev/null' USR1
trap 'heard=yes; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM

"$java" -jar /home/me/cvae-gpu.jar sweep --out "$folder" --shard "$SLURM_ARRAY_TASK_ID/15" --parallel 4 --engine cuda --offline &
child=$!
# It may have come before there was a child to tell.
[ -z "$signalled" ] || kill -USR1 "$child" 2>/dev/null
# A signal ends "wait" before the child has ended.
while
  heard=
  wait "$child"
  status=$?
  [ -n "$heard" ]
do :; done
trap '' USR1
trap - TERM
# 138: the signal met a Java that was still starting, and had nothing to put away.
[ -z "$signalled" ] || [ "$status" -ne 138 ] || status=75

# 75: try again. Without end only what gets on: a task that gave up by itself within ten minutes did not.
if [ "$status" -eq 75 ]; then
  most=1000
  [ -n "$signalled" ] || [ "$SECONDS" -ge 600 ] || most=5
  if [ "${SLURM_RESTART_COUNT:-0}" -lt "$most" ]; then
    # Slurm ends this shell for it, and starts the task anew.
    scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID" && sleep 60
  else
    echo "Not tried again after ${SLURM_RESTART_COUNT:-0} times: mend what it says above, and submit the sweep anew." >&2
  fi
fi
exit "$status"
