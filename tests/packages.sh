# The Debian packages that the suites need, to be sourced.

renderers="gmediarender gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav"
cross="gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-arm-linux-gnueabihf libc6-dev-armhf-cross"
# Word lists, by suite.
declare -A packages=(
  [build]="gcc libc6-dev g++ python3"
  [lan]="$renderers python3 iproute2 util-linux dosfstools e2fsprogs dbus strace libfaketime ffmpeg rygel rygel-playbin"
  [package]="$renderers python3 iproute2 util-linux binutils lintian mmdebstrap systemd systemd-container ffmpeg"
  [siege]="python3 iproute2"
  [disks]="python3 iproute2 util-linux e2fsprogs"
  [power]="python3 systemd-container dbus polkitd libnss-systemd util-linux procps"
  [cross]="$cross binutils gcc libc6-dev patchelf"
  [machines]="$renderers $cross python3 iproute2 ffmpeg qemu-system-arm make kmod cpio"
  [card]="e2fsprogs mmdebstrap arch-test qemu-user-static"
  [emulation]="$cross gcc libc6-dev qemu-user-static"
)

# install_for SUITE…: installs those of their packages that are missing, which only root can. Suites that run side by side
# wait for each other.
install_for() {
  local suite package lock missing=()
  for suite in "$@"; do
    for package in ${packages[$suite]:?}; do
      dpkg -s "$package" 2>/dev/null | grep -q '^Status: .* installed$' || missing+=("$package")
    done
  done
  [ ${#missing[@]} != 0 ] || return 0
  [ "$(id -u)" = 0 ] || { echo "$0: only root can install the missing packages: ${missing[*]}" >&2; return 1; }
  exec {lock}>/var/lock/dlna-kiosk-packages
  flock "$lock"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
  exec {lock}>&-
}
