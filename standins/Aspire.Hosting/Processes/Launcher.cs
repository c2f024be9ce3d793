using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.Processes;

/// <summary>
/// Starts programs so that they cannot outlive this process, not even its kill -9.
/// <para>
/// Every program gets a shell beside it, which reads a pipe whose other end only this process holds. The kernel closes that
/// end whatever way we die, the shell reads end-of-file, and ends the program. PR_SET_PDEATHSIG would not do: it fires when
/// the starting <em>thread</em> ends, and the kernel clears it when the program changes its user, as PostgreSQL's must.
/// The same pipe carries signals, so they also reach programs of another user, and never a stranger with a recycled id.
/// </para>
/// </summary>
internal static class Launcher
{
    // Arguments: stop signal, orphan grace in tenths of a second, folder to delete, "-" if a whole group may be killed, command…
    // The program replaces the shell (exec), so its id is the one we started; the watch is its child.
    private const string Launch = """
        signal=$1 tenths=$2 trash=$3 group=$4; shift 4
        self=$$
        exec 3<&0 </dev/null
        (exec /bin/sh -c 'eval "$ASPIRE_WATCH"' watch "$self" "$signal" "$tenths" "$trash" "$group") >/dev/null 2>&1 &
        unset ASPIRE_LAUNCH ASPIRE_WATCH
        exec "$@" 3<&-
        """;

    // A dead program that its new parent has not yet collected (state Z) is not running any more.
    private const string Watch = """
        self=$1 signal=$2 tenths=$3 trash=$4 group=$5
        trap '' TERM INT HUP QUIT PIPE
        running() {
          kill -0 "$self" || return 1
          case $(cat "/proc/$self/stat") in *') Z '*) return 1 ;; esac
        }
        while read -r word <&3; do
          case $word in
            over) [ -z "$group" ] || kill -s KILL -- "$group$self"; exit ;;
            KILL) kill -s KILL -- "$group$self" ;;
            *) kill -s "$word" "$self" ;;
          esac
        done
        kill -s "$signal" "$self"
        while [ "$tenths" -gt 0 ] && running; do tenths=$((tenths - 1)); sleep 0.1; done
        kill -s KILL "$self"
        if [ -n "$trash" ]; then rm -rf -- "$trash" || { sleep 1; rm -rf -- "$trash"; }; fi
        if [ -n "$group" ]; then kill -s KILL -- "$group$self"; fi
        """;

    private static readonly string? Setsid = ServerBinaries.OnPath("setsid");

    // Not /bin/sh: dash throws variables away whose name it could not use itself, such as ConnectionStrings__auth-db.
    private static readonly Lazy<string> Bash = new(() =>
        ServerBinaries.OnPath("bash") ?? throw new InvalidOperationException("bash is not on PATH; programs are started through it. Install it."));

    public static Process Start(ChildProcessOptions options)
    {
        // A session of its own: Ctrl-C in the terminal must reach this process only, which then stops the others in order.
        var start = new ProcessStartInfo(Setsid ?? Bash.Value)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = options.WorkingDirectory ?? "",
        };
        if (Setsid is not null)
            start.ArgumentList.Add(Bash.Value);

        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("eval \"$ASPIRE_LAUNCH\"");
        start.ArgumentList.Add(Path.GetFileName(options.FileName));
        start.ArgumentList.Add(options.StopSignal);
        start.ArgumentList.Add(((int)(options.OrphanGrace.TotalSeconds * 10)).ToString(CultureInfo.InvariantCulture));
        start.ArgumentList.Add(options.DeleteWhenOrphaned ?? "");
        start.ArgumentList.Add(Setsid is null ? "" : "-");
        foreach (var argument in Command(options))
            start.ArgumentList.Add(argument);

        SetEnvironment(start, options);

        // Not as arguments: the list of processes should show commands, not scripts.
        start.Environment["ASPIRE_LAUNCH"] = Launch;
        start.Environment["ASPIRE_WATCH"] = Watch;
        return Process.Start(start) ?? throw new InvalidOperationException($"'{options.FileName}' did not start.");
    }

    private static IEnumerable<string> Command(ChildProcessOptions options)
    {
        var user = options.RunAs is { } account ? UnixUser.Switch(account) : [];
        return [.. user, options.FileName, .. options.Arguments];
    }

    private static void SetEnvironment(ProcessStartInfo start, ChildProcessOptions options)
    {
        if (options.CleanEnvironment)
        {
            start.Environment.TryGetValue("PATH", out var path);
            start.Environment.Clear();
            start.Environment["PATH"] = path;
        }

        foreach (var (name, value) in options.Environment)
        {
            if (value is null)
                start.Environment.Remove(name);
            else
                start.Environment[name] = value;
        }
    }
}
