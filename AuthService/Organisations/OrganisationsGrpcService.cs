using AiMesh.Auth.V1;
using AiMesh.AuthService.Audit;
using AiMesh.AuthService.Fields;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Grpc.Core;
using Contract = AiMesh.Auth.V1.Organisations;

namespace AiMesh.AuthService.Organisations;

internal sealed class OrganisationsGrpcService(AuthDatabase database) : Contract.OrganisationsBase
{
    public const int MaxDisplayNameLength = 100;

    public override async Task<Organisation> GetOrganisation(GetOrganisationRequest request, ServerCallContext context)
    {
        await using var transaction = await database.BeginAsync(context.GetPrincipal().Organisation, context.CancellationToken);
        return await ReadAsync(transaction, context.CancellationToken);
    }

    public override async Task<Organisation> UpdateOrganisation(UpdateOrganisationRequest request, ServerCallContext context)
    {
        var organisation = request.Organisation ?? throw new InvalidField("organisation", "is required").ToRpcException();
        var mask = UpdateMask.Resolve(request.UpdateMask, ("display_name", organisation.DisplayName.Length > 0)).OrThrow();
        var checks = new FieldChecks();
        var changesName = mask.Contains("display_name");
        var displayName = checks.Line("organisation.display_name", organisation.DisplayName, MaxDisplayNameLength, required: changesName);
        if (!checks.Passed) throw checks.Error.ToRpcException();

        var caller = context.GetPrincipal();
        await using var transaction = await database.BeginAsync(caller.Organisation, context.CancellationToken);
        if (changesName)
        {
            await OrganisationStore.RenameAsync(transaction, displayName, context.CancellationToken);
            await transaction.WriteAsync(new AuditEntry("organisation.update", caller.Subject, caller.Organisation), context.CancellationToken);
        }

        var updated = await ReadAsync(transaction, context.CancellationToken);
        await transaction.CommitAsync(context.CancellationToken);
        return updated;
    }

    private static async Task<Organisation> ReadAsync(AuthTransaction transaction, CancellationToken cancellationToken) =>
        (await OrganisationStore.FindAsync(transaction, cancellationToken))?.ToMessage()
        ?? throw new NotFound("organisation", transaction.Organisation).ToRpcException();
}
