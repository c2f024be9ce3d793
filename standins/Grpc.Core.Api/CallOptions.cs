namespace Grpc.Core;

/// <summary>What a client sends along with a call. Immutable: every <c>With</c> gives a changed copy.</summary>
public struct CallOptions
{
    /// <summary>Options with these values; null means none.</summary>
    /// <param name="headers">Request headers.</param>
    /// <param name="deadline">Point in UTC at which the call fails with <see cref="StatusCode.DeadlineExceeded"/>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <param name="writeOptions">Options for the first write.</param>
    /// <param name="propagationToken">Deadline and cancellation of a parent call.</param>
    /// <param name="credentials">Credentials of this call.</param>
#pragma warning disable CA1068 // The real signature has the token in the middle.
    public CallOptions(
        Metadata? headers = null,
        DateTime? deadline = null,
        CancellationToken cancellationToken = default,
        WriteOptions? writeOptions = null,
        ContextPropagationToken? propagationToken = null,
        CallCredentials? credentials = null)
#pragma warning restore CA1068
    {
        Headers = headers;
        Deadline = deadline;
        CancellationToken = cancellationToken;
        WriteOptions = writeOptions;
        PropagationToken = propagationToken;
        Credentials = credentials;
    }

    /// <summary>Request headers.</summary>
    public Metadata? Headers { get; private set; }

    /// <summary>Deadline in UTC.</summary>
    public DateTime? Deadline { get; private set; }

    /// <summary>Cancels the call.</summary>
    public CancellationToken CancellationToken { get; private set; }

    /// <summary>Options for writes.</summary>
    public WriteOptions? WriteOptions { get; private set; }

    /// <summary>Token of the parent call.</summary>
    public ContextPropagationToken? PropagationToken { get; private set; }

    /// <summary>Credentials of this call.</summary>
    public CallCredentials? Credentials { get; private set; }

    /// <summary>Whether the call waits for a connection instead of failing at once.</summary>
    public bool IsWaitForReady { get; private set; }

    /// <summary>A copy with other headers.</summary>
    public CallOptions WithHeaders(Metadata headers) => this with { Headers = headers };

    /// <summary>A copy with another deadline.</summary>
    public CallOptions WithDeadline(DateTime deadline) => this with { Deadline = deadline };

    /// <summary>A copy with another token.</summary>
    public CallOptions WithCancellationToken(CancellationToken cancellationToken) => this with { CancellationToken = cancellationToken };

    /// <summary>A copy with other write options.</summary>
    public CallOptions WithWriteOptions(WriteOptions writeOptions) => this with { WriteOptions = writeOptions };

    /// <summary>A copy with another parent.</summary>
    public CallOptions WithPropagationToken(ContextPropagationToken propagationToken) => this with { PropagationToken = propagationToken };

    /// <summary>A copy with other credentials.</summary>
    public CallOptions WithCredentials(CallCredentials credentials) => this with { Credentials = credentials };

    /// <summary>A copy that waits for a connection, or does not.</summary>
    public CallOptions WithWaitForReady(bool waitForReady = true) => this with { IsWaitForReady = waitForReady };
}
