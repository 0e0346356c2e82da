# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Debian packages of any release, without touching the system: apt-get with its own
# configuration, lists and cache. Mirror, proxy, credentials and keyring are the machine's.
#
# Sourced by the fetch-*.sh scripts.

die() {
	echo "$(basename "$0" .sh): $*" >&2
	exit 2
}

# Prints the URI of the machine's Debian mirror for a kind of suite: main or security.
apt_mirror() {
	# shellcheck disable=SC2016 # apt expands them
	apt-get indextargets --no-release-info 'Created-By: Packages' 'Component: main' \
		--format '$(RELEASE) $(REPO_URI)' 2>/dev/null |
		awk -v kind="$1" '
		# Third parties name their suites after Debian releases too. The Debian mirror is
		# the one that also has the -updates suite, or is called so.
		$1 ~ /-security$/ { if (kind == "security") { print $2; exit }; next }
		kind == "security" { next }
		{ score = ($1 ~ /-(updates|backports)$/) ? 4 : ($2 ~ /\/debian\/?$/) ? 2 : 1
		  if (score > best) { best = score; uri = $2 } }
		END { if (kind != "security" && best) print uri }'
}

# apt_open DIR CODENAME [SUITE-SUFFIX...]: a private apt in DIR with main of CODENAME, its
# -updates and -security, and the suffixed suites. Reads the lists. Fails if it cannot.
apt_open() {
	apt_dir=$1 codename=$2
	shift 2
	command -v apt-get >/dev/null || die "needs apt-get: only Debian machines are supported"
	main=$(apt_mirror main)
	security=$(apt_mirror security)
	[ -n "$main" ] || die "no Debian mirror with component main in this machine's apt sources"

	rm -rf "$apt_dir"
	mkdir -p "$apt_dir/lists/partial" "$apt_dir/archives/partial"
	: >"$apt_dir/status"

	signed=
	for key in /usr/share/keyrings/debian-archive-keyring.gpg \
		/usr/share/keyrings/debian-archive-keyring.pgp; do
		[ -r "$key" ] && signed=" [signed-by=$key]" && break
	done
	for suite in "$codename" "$codename-updates" "$@"; do
		echo "deb$signed $main $suite main"
	done >"$apt_dir/sources.list"
	if [ -n "$security" ]; then
		echo "deb$signed $security $codename-security main" >>"$apt_dir/sources.list"
	fi

	# The machine's own way to the network, and nothing else of its configuration: its
	# hooks must not run for us. Mirrors lag, so a Release file may be past its date.
	{
		apt-config dump | grep '^Acquire::' | grep -vE '^Acquire::(IndexTargets|Languages)'
		cat <<-END
			Dir::Etc::Main "/dev/null";
			Dir::Etc::Parts "/dev/null";
			Dir::Etc::SourceList "$apt_dir/sources.list";
			Dir::Etc::SourceParts "/dev/null";
			Dir::Etc::Preferences "/dev/null";
			Dir::Etc::PreferencesParts "/dev/null";
			Dir::State "$apt_dir";
			Dir::State::Lists "$apt_dir/lists";
			Dir::State::Status "$apt_dir/status";
			Dir::State::Extended_States "$apt_dir/extended_states";
			Dir::Cache "$apt_dir";
			Dir::Cache::Archives "$apt_dir/archives";
			Dir::Log "$apt_dir";
			APT::Architecture "amd64";
			APT::Architectures { "amd64"; };
			APT::Install-Recommends "false";
			APT::Sandbox::User "root";
			Acquire::Languages "none";
			Acquire::GzipIndexes "true";
			Acquire::Check-Valid-Until "false";
			Acquire::Retries "3";
			Debug::NoLocking "true";
		END
	} >"$apt_dir/apt.conf"
	private apt-get -q -y update || return 1
	# apt-get update calls a suite it could not read a warning.
	[ -n "$(private apt-cache dumpavail | head -n 1)" ]
}

# Runs an apt command on the private state; its noise goes to the log.
private() {
	APT_CONFIG="$apt_dir/apt.conf" "$@" 2>>"$apt_dir/log" </dev/null
}

# apt_explain: the last errors of apt, for a person.
apt_explain() {
	grep -hE '^(E|W):' "$apt_dir/log" | tail -n 3 >&2
}

# apt_unpack TREE: every downloaded package into TREE, not installed.
apt_unpack() {
	mkdir -p "$1"
	for deb in "$apt_dir"/archives/*.deb; do
		dpkg-deb -x "$deb" "$1" || return 1
	done
}
