namespace Aspire.Hosting.ApplicationModel;

/// <summary>Commands that every process understands.</summary>
public static class KnownResourceCommands
{
    public static readonly string StartCommand = "start";
    public static readonly string StopCommand = "stop";
    public static readonly string RestartCommand = "restart";
}
