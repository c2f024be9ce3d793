namespace Grpc.Core;

/// <summary>A long-lived way to a server.</summary>
public abstract class ChannelBase
{
    /// <summary>A channel to this target.</summary>
    protected ChannelBase(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
    }

    /// <summary>The target as it was given.</summary>
    public string Target { get; }

    /// <summary>What clients call through.</summary>
    public abstract CallInvoker CreateCallInvoker();

    /// <summary>Closes the channel; calls should have finished before.</summary>
    public Task ShutdownAsync() => ShutdownAsyncCore();

    /// <summary>Closes the channel; does nothing unless overridden.</summary>
    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
