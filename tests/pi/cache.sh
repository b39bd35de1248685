# Packages of other Debian releases and architectures, to be sourced. They are unpacked into the cache and not installed.

# The cache of all scripts here; outside the repository, since it is large.
cache=${DLNA_KIOSK_PI:-${XDG_CACHE_HOME:-$HOME/.cache}/dlna-kiosk-pi}

# The address of the Debian mirror that this machine uses.
mirror() {
  apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' | awk '$1 == "Debian" && !/security/ { print $2; exit }'
}

# other_apt FOLDER SUITE ARCHITECTURE…: from now on apt-get and apt-cache in this shell use this suite, with all their files
# in the folder.
other_apt() {
  local folder=$1 suite=$2
  shift 2
  mkdir -p "$folder"/{etc/apt.conf.d,etc/preferences.d,state/lists/partial,cache/archives/partial}
  : > "$folder/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) $suite main" > "$folder/etc/sources.list"
  # Valid-until is not checked, so that a fast clock does not stop a build.
  {
    find /etc/apt/apt.conf.d -name '*proxy*' -exec cat {} +
    cat <<CONF
Dir::Etc "$folder/etc"; Dir::State "$folder/state"; Dir::State::status "$folder/status"; Dir::Cache "$folder/cache";
APT::Architecture "$1"; APT::Architectures { $(printf '"%s"; ' "$@") };
APT::Install-Recommends "false"; APT::Sandbox::User "root"; Debug::NoLocking "true";
Acquire::Languages "none"; Acquire::Retries "3"; Acquire::Check-Valid-Until "false";
CONF
  } > "$folder/apt.conf"
  export APT_CONFIG=$folder/apt.conf
  apt-get update -qq
}

# depends PACKAGE PATTERN: its direct dependencies whose names match.
depends() {
  apt-cache depends "$1" | awk '$1 == "Depends:" { sub(/:.*/, "", $2); print $2 }' | sort -u | grep -E "$2"
}

# download PACKAGE…: these without their dependencies, into the folder of `other_apt`.
download() {
  (cd "$(dirname "$APT_CONFIG")/cache/archives" && apt-get download -qq "$@")
}

# unpack FOLDER: unpacks everything that was downloaded, without documentation.
unpack() {
  mkdir -p "$1"
  local package
  for package in "$(dirname "$APT_CONFIG")"/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" |
      tar -x -C "$1" --exclude=./usr/share/doc --exclude=./usr/share/man --exclude=./usr/share/locale
  done
}

# once FOLDER COMMAND [FILE…]: runs the command, which fills the folder, unless the same version of this script has already
# done so with the same files. Concurrent calls wait for each other.
once() {
  local folder=$1 command=$2 script lock
  shift 2
  script=$(cat "$0" "$@" | sha256sum)
  mkdir -p "$(dirname "$folder")"
  exec {lock}>"$folder.lock"
  flock "$lock"
  if [ "$(cat "$folder/.made-by" 2>/dev/null)" != "$script" ]; then
    rm -rf "$folder"
    mkdir -p "$folder"
    "$command"
    echo "$script" > "$folder/.made-by"
  fi
  exec {lock}>&-
}

# run_foreign PROCESSOR…: until this script ends the kernel runs programs for these processors with QEMU.
run_foreign() {
  local formats=/proc/sys/fs/binfmt_misc processor
  foreign=()
  [ -e $formats/register ] || mount -t binfmt_misc binfmt_misc $formats
  trap 'for processor in "${foreign[@]}"; do echo -1 > /proc/sys/fs/binfmt_misc/qemu-$processor; done' EXIT
  for processor in "$@"; do
    [ -e "$formats/qemu-$processor" ] && continue
    cat "/usr/lib/binfmt.d/qemu-$processor.conf" > $formats/register
    foreign+=("$processor")
  done
}
