/** Asked at every press of Tab, with the words up to the cursor; prints what the last one may become, a line each. */
export const COMPLETE = '__complete';

/*
 * The scripts know nothing of the commands: they hand the words over, and the command tree answers. So they need no
 * renewal when the plugin is upgraded.
 */

/** Bash cuts words at ":" and "@" too: words are taken from the line, and what stands before the cut is taken off. */
const bash = `_drawbridge() {
  local -a words
  local IFS=$' \\t\\n'
  local line=\${COMP_LINE:0:COMP_POINT}
  read -ra words <<<"$line"
  case $line in *[[:space:]]) words+=('') ;; esac
  local last=\${words[\${#words[@]}-1]}
  local kept=\${last%"\${last##*[:@]}"}
  IFS=$'\\n'
  COMPREPLY=($(command drawbridge ${COMPLETE} "\${words[@]:1}" 2>/dev/null))
  COMPREPLY=("\${COMPREPLY[@]#"$kept"}")
}
complete -o default -F _drawbridge drawbridge
`;

/** Either a file of fpath, whose first call is that of the whole file, or sourced by .zshrc. */
const zsh = `#compdef drawbridge
_drawbridge() {
  local -a candidates
  candidates=(\${(f)"$(command drawbridge ${COMPLETE} "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( \${#candidates} )); then compadd -- "\${candidates[@]}"; else _files; fi
}
if [[ \${funcstack[1]} == _drawbridge ]]; then _drawbridge "$@"; else compdef _drawbridge drawbridge; fi
`;

const fish = `function __drawbridge_complete
    set -l words (commandline -opc) (commandline -ct)
    command drawbridge ${COMPLETE} $words[2..] 2>/dev/null
end
complete -c drawbridge -f -a '(__drawbridge_complete)'
complete -c drawbridge -n '__fish_seen_subcommand_from apply' -s f -l file -r -F
`;

export const SCRIPTS: Readonly<Record<string, string>> = { bash, zsh, fish };
