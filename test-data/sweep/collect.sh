#!/bin/bash
# Gathers what came of a sweep. From this folder, and with the number of the array job:
# sbatch --dependency=afterany:NUMBER collect.sh
#
#SBATCH --job-name=it-s-one-collect
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=8:00:00
#SBATCH --partition=gpu
#SBATCH --output=logs/collect-%j.log
#SBATCH --account=mine
set -u

cd /home/me || exit 1
java=/usr/lib/jvm/jdk-25/bin/java
# Another machine may have another.
[ -x "$java" ] || java=java

exec "$java" -jar /home/me/cvae-gpu.jar sweep --out '/home/me/sweeps/it'\''s one' --collect --offline
