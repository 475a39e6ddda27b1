# fish completion of mirrorsh: the program itself says what may stand at the cursor, for its
# options and for the commands inside -c "...".

function __mirrorsh_complete
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    set -l offered (mirrorsh --complete (count $before) $before "$word" 2>/dev/null)
    if set -q offered[1]
        printf '%s\n' $offered
    else if test "$before[-1]" != -c
        __fish_complete_path "$word"
    end
end

complete -c mirrorsh -f -a '(__mirrorsh_complete)'
