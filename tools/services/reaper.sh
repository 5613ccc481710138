#!/bin/sh
# Ends process groups and removes folders when the process at the other end of standard input is gone, however it went:
# the kernel closes the pipe even after SIGKILL. Lines: "group ID START-TIME", "drop ID", "folder PATH".
# A group is ended unless its leader's id now belongs to another process (another start time). Without /proc that is not looked at.
groups='' folders=''
newline='
'
while read -r word rest; do
  case $word in
    group) groups="$groups ${rest% *}:${rest#* }" ;;
    drop)
      left=''
      for entry in $groups; do [ "${entry%%:*}" = "$rest" ] || left="$left $entry"; done
      groups=$left ;;
    folder) folders="$folders$rest$newline" ;;
  esac
done

leader_start() { # field 22 of stat; the name in brackets may hold blanks
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  # shellcheck disable=SC2086
  set -- ${stat##*) }
  echo "${20}"
}

for entry in $groups; do
  group=${entry%%:*}
  start=$(leader_start "$group")
  [ -n "$start" ] && [ "$start" != "${entry#*:}" ] && continue
  kill -s KILL -- "-$group" 2>/dev/null
done

# Again while something that is just dying still writes into it.
printf '%s' "$folders" | while IFS= read -r folder; do
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    rm -rf -- "$folder" 2>/dev/null && break
    sleep 0.2
  done
done
