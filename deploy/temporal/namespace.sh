#!/bin/sh
# Waits for Temporal and makes the namespace where it is missing. TEMPORAL_ADDRESS, NAMESPACE and RETENTION are in the
# environment. Ended processes stay readable in Temporal for the retention; Steward's own records do not end with it.
set -eu

tries=0
until temporal operator cluster health; do
	tries=$((tries + 1))
	if [ "$tries" -ge 60 ]; then
		echo "Temporal at $TEMPORAL_ADDRESS does not get healthy" >&2
		exit 1
	fi
	sleep 2
done
if ! temporal operator namespace describe --namespace "$NAMESPACE" >/dev/null 2>&1; then
	temporal operator namespace create --namespace "$NAMESPACE" --retention "$RETENTION"
fi
temporal operator namespace describe --namespace "$NAMESPACE"
