# What the console tests share: a box in a directory of its own, consoles on terminals of
# 80x24, and verdicts. Sourced by the *.exp beside it; $MIRRORSH is the program.

set mirrorsh $env(MIRRORSH)
set work [exec mktemp -d]
set state $work/state
set socket $work/socket
set timeout 120
set stty_init "rows 24 columns 80"
set boxes {}
log_user 0
set env(TERM) vt100
set env(LC_ALL) C.UTF-8
set env(XDG_STATE_HOME) $work/home

proc ok {name} {
    puts "ok $name"
}
# What has come, for a verdict
proc buffer {} {
    global expect_out spawn_id
    expect -timeout 0 -re ".+" { return $expect_out(0,string) } timeout {} eof {}
    return ""
}
# What follows a failure may fail with it, and is not waited for as long. The end of a screen is what
# tells why; its control characters are said by name, so that a verdict is a line.
proc not_ok {name why} {
    global timeout
    if {[string length $why] > 400} {
        set why "[string range $why 0 99] ... [string range $why end-299 end]"
    }
    puts "not ok $name: [string map {\r \\r \n \\n \033 \\e} $why]"
    set timeout [expr {min($timeout, 15)}]
}
# verdict NAME GOT WANTED
proc verdict {name got wanted} {
    if {$got eq $wanted} {
        ok $name
    } else {
        not_ok $name "got '$got', not '$wanted'"
    }
}
# Waits for a text (a glob pattern behind -glob, a regular expression behind -re) and says so.
proc expects {name args} {
    global expect_out spawn_id
    set pattern [lindex $args end]
    set kind [expr {[llength $args] > 1 ? [lindex $args 0] : "-exact"}]
    expect {
        $kind $pattern {
            ok $name
            return 1
        }
        timeout { not_ok $name "no '$pattern' came, but '[buffer]'" }
        eof { not_ok $name "the console ended before '$pattern'" }
    }
    return 0
}
# What a screen shows when it is drawn anew, as ^L does it, until it shows the regular expression.
# What is drawn on top of another picture is not all there to be read.
proc sees {name pattern} {
    global expect_out spawn_id
    for {set i 0} {$i < 40} {incr i} {
        send "\014"
        expect {
            -timeout 1
            -re $pattern {
                ok $name
                return 1
            }
            timeout {}
            eof break
        }
    }
    not_ok $name "no '$pattern' is seen, but '[buffer]'"
    return 0
}
# Text that must have come without a verdict of its own.
proc await {text} {
    global expect_out spawn_id
    expect {
        -exact $text {}
        timeout { not_ok "await $text" "it did not come" }
        eof { not_ok "await $text" "the console ended"}
    }
}
# A line whose answer is another prompt.
proc run {line prompt} {
    send -- "$line\r"
    await "\n$prompt"
}

# Configures the state directory: a host name and two sessions on the loopback.
proc prepare {} {
    global mirrorsh state
    set commands {
        "configure" "set system host-name box" "set target tap receiver 192.0.2.1"
        "set filter tcp ingress rule 10 action accept protocol tcp"
        "set session web priority 10 filter tcp target tap vni 5"
        "set session web source interface lo"
        "set session all priority 20 target tap vni 6" "set session all source interface lo"
        "commit"
    }
    set arguments {}
    foreach command $commands {
        lappend arguments -c $command
    }
    exec $mirrorsh -n --state $state {*}$arguments
}

# A box in the background; returns its process.
proc start_box {} {
    global mirrorsh state socket boxes work
    set pid [exec $mirrorsh --daemon --state $state --socket $socket \
        </dev/null >&$work/box.log &]
    lappend boxes $pid
    # asks without starting a box of its own, as a -c would
    set ask [list $mirrorsh --complete 4 mirrorsh --socket $socket -c "show ver"]
    for {set i 0} {$i < 100 && [exec {*}$ask] eq ""} {incr i} {
        if {[catch {exec kill -0 $pid}]} {
            not_ok "a box starts" [exec cat $work/box.log]
            exit 1
        }
        after 100
    }
    return $pid
}

# A console; what it is started with stands before and behind the program.
proc start_console {{arguments {}}} {
    global mirrorsh state socket spawn_id spawn_out
    uplevel #0 spawn -noecho $mirrorsh --state $state --socket $socket {*}$arguments
}

# A library NAME in C, for `preloaded`.
proc library {name source} {
    global env work
    set file [open $work/$name.c w]
    puts $file $source
    close $file
    set cc [expr {[info exists env(CC)] ? $env(CC) : "cc"}]
    exec {*}$cc -w -shared -fPIC -o $work/$name.so $work/$name.c
}
# What the script starts takes functions of that library before the system's. A sanitizer's has to
# come first, unless it is told not to mind.
proc preloaded {name script} {
    global env work
    set before [expr {[info exists env(ASAN_OPTIONS)] ? $env(ASAN_OPTIONS) : ""}]
    set env(ASAN_OPTIONS) verify_asan_link_order=0:$before
    set env(LD_PRELOAD) $work/$name.so
    uplevel $script
    unset env(LD_PRELOAD)
    set env(ASAN_OPTIONS) $before
}

# Waits for the end of the console: its exit status.
proc status {} {
    global spawn_id
    expect {
        eof {}
        timeout {
            not_ok "the console ends" "it did not"
            exec kill -9 [exp_pid]
            expect eof
        }
    }
    return [lindex [wait] 3]
}

proc finish {} {
    global boxes work
    foreach pid $boxes {
        catch {exec kill $pid}
    }
    after 300
    exec rm -rf $work
    exit 0
}
