using System.Globalization;
using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.AuthService.Clients;

/// <summary>The organisation has as many clients in force as it may have.</summary>
internal sealed record TooManyClients() : MeshError(
    StatusCode.FailedPrecondition, "TOO_MANY_CLIENTS",
    string.Create(CultureInfo.InvariantCulture, $"An organisation has at most {ClientAdministration.MaxClientsOfAnOrganisation} clients in force: revoke some first."));
