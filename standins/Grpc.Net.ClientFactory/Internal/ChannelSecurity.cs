using Grpc.Core;
using Grpc.Net.Client;

namespace Grpc.Net.ClientFactory.Internal;

/// <summary>Grpc.Net.Client drops call credentials on cleartext channels silently; this tells beforehand.</summary>
internal static class ChannelSecurity
{
    public static bool AllowsCallCredentials(GrpcChannelOptions options, Uri address)
    {
        if (options.UnsafeUseInsecureChannelCallCredentials || address.Scheme == Uri.UriSchemeHttps)
            return true;
        if (address.Scheme == Uri.UriSchemeHttp || options.Credentials is null)
            return false;
        // Addresses such as dns:///auth leave it to the credentials whether the connection is TLS.
        var answer = new SecurityProbe();
        options.Credentials.InternalPopulateConfiguration(answer, options.Credentials);
        return answer.IsSecure;
    }

    private sealed class SecurityProbe : ChannelCredentialsConfiguratorBase
    {
        public bool IsSecure { get; private set; }

        public override void SetInsecureCredentials(object state) => IsSecure = false;

        public override void SetSslCredentials(object state, string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback) =>
            IsSecure = true;

        public override void SetCompositeCredentials(object state, ChannelCredentials channelCredentials, CallCredentials callCredentials) =>
            channelCredentials.InternalPopulateConfiguration(this, channelCredentials);
    }
}
