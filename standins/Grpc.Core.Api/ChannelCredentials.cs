namespace Grpc.Core;

/// <summary>How a channel secures its connection.</summary>
public abstract class ChannelCredentials
{
    /// <summary>For own kinds of credentials.</summary>
    public ChannelCredentials()
    {
    }

    /// <summary>Cleartext.</summary>
    public static ChannelCredentials Insecure { get; } = new Cleartext();

    /// <summary>TLS with the system's roots.</summary>
    public static ChannelCredentials SecureSsl { get; } = new SslCredentials();

    /// <summary>Channel credentials whose calls all carry these call credentials.</summary>
    public static ChannelCredentials Create(ChannelCredentials channelCredentials, CallCredentials callCredentials)
    {
        ArgumentNullException.ThrowIfNull(channelCredentials);
        ArgumentNullException.ThrowIfNull(callCredentials);
        return new Composite(channelCredentials, callCredentials);
    }

    /// <summary>Tells an engine what these credentials consist of.</summary>
    public abstract void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object state);

    private sealed class Cleartext : ChannelCredentials
    {
        public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object state) =>
            configurator.SetInsecureCredentials(state);
    }

    private sealed class Composite(ChannelCredentials channel, CallCredentials call) : ChannelCredentials
    {
        public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object state) =>
            configurator.SetCompositeCredentials(state, channel, call);
    }
}

/// <summary>How an engine learns what channel credentials consist of.</summary>
public abstract class ChannelCredentialsConfiguratorBase
{
    /// <summary>They are cleartext.</summary>
    public abstract void SetInsecureCredentials(object state);

    /// <summary>They are TLS.</summary>
    public abstract void SetSslCredentials(object state, string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback);

    /// <summary>They are channel and call credentials.</summary>
    public abstract void SetCompositeCredentials(object state, ChannelCredentials channelCredentials, CallCredentials callCredentials);
}
