export type Shell = 'bash' | 'zsh' | 'fish';

// Each asks the program itself, so that a script never goes stale. Words before the last are passed as they are.
const bash = `# tagalong completion for bash
_tagalong() {
  local IFS=$'\\n' word="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=($(compgen -W "$(tagalong __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "$word"))
}
complete -o default -F _tagalong tagalong`;

const zsh = `#compdef tagalong
_tagalong() {
  local -a candidates
  candidates=(\${(f)"$(tagalong __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( \${#candidates} )); then compadd -a candidates; else _files; fi
}
if [ "$funcstack[1]" = "_tagalong" ]; then _tagalong "$@"; else compdef _tagalong tagalong; fi`;

const fish = `# tagalong completion for fish
function __tagalong_complete
  set -l words (commandline -opc) (commandline -ct)
  tagalong __complete -- $words[2..] 2>/dev/null
end
complete -c tagalong -f -a '(__tagalong_complete)'`;

export const completionScripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
