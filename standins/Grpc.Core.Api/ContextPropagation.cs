namespace Grpc.Core;

/// <summary>What of a parent call is handed to its child calls.</summary>
public class ContextPropagationOptions
{
    /// <summary>Both deadline and cancellation.</summary>
    public static readonly ContextPropagationOptions Default = new();

    /// <summary>Options with these values.</summary>
    public ContextPropagationOptions(bool propagateDeadline = true, bool propagateCancellation = true)
    {
        IsPropagateDeadline = propagateDeadline;
        IsPropagateCancellation = propagateCancellation;
    }

    /// <summary>Whether child calls end with the parent's deadline.</summary>
    public bool IsPropagateDeadline { get; }

    /// <summary>Whether child calls are cancelled with the parent.</summary>
    public bool IsPropagateCancellation { get; }
}

/// <summary>Stands for a parent call. ASP.NET Core makes none (it has call context propagation of its own).</summary>
public abstract class ContextPropagationToken
{
    internal ContextPropagationToken()
    {
    }
}
