using System.Security.Cryptography;
using AiMesh.IoTIngest.Devices;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.IoTIngest.Credentials;

/// <summary>Tells which device a credential belongs to.</summary>
internal sealed class CredentialVerifier(DeviceDirectory directory)
{
    public const string Refused = "DEVICE_CREDENTIAL_INVALID";

    /// <summary>The device, or why nobody is signed in. A replaced credential, one of a revoked device and one that never was look alike.</summary>
    public async ValueTask<Result<KnownDevice>> VerifyAsync(string? text, CancellationToken cancellationToken)
    {
        if (!DeviceCredential.TryParse(text, out var credential))
            return new Unauthenticated(Refused);

        var device = await directory.FindByCredentialAsync(credential.Organisation, credential.Id, cancellationToken);
        if (device is null || !CryptographicOperations.FixedTimeEquals(device.CredentialHash, credential.ComputeHash()))
            return new Unauthenticated(Refused);

        return device;
    }
}
