using AiMesh.Auth.V1;
using AiMesh.AuthService.Fields;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Grpc.Core;
using Contract = AiMesh.Auth.V1.Users;

namespace AiMesh.AuthService.Users;

internal sealed class UsersGrpcService(AuthDatabase database, UserAdministration administration, PageTokens pages) : Contract.UsersBase
{
    private const string List = "users";

    public override async Task<User> CreateUser(CreateUserRequest request, ServerCallContext context)
    {
        var created = await administration.CreateAsync(context.GetPrincipal(), request.User ?? new User(), request.Password, context.CancellationToken);
        return created.OrThrow().ToMessage();
    }

    public override async Task<User> GetUser(GetUserRequest request, ServerCallContext context)
    {
        if (request.User.Length == 0) throw new InvalidField("user", "is required").ToRpcException();
        if (!UserId.IsPlausible(request.User)) throw new NotFound("user", request.User).ToRpcException();

        await using var transaction = await database.BeginAsync(context.GetPrincipal().Organisation, context.CancellationToken);
        var user = await UserStore.FindAsync(transaction, request.User, context.CancellationToken);
        return user?.ToMessage() ?? throw new NotFound("user", request.User).ToRpcException();
    }

    public override async Task<ListUsersResponse> ListUsers(ListUsersRequest request, ServerCallContext context)
    {
        var caller = context.GetPrincipal();
        var (size, after) = pages.Open(caller, List, request.PageSize, request.PageToken).OrThrow();
        await using var transaction = await database.BeginAsync(caller.Organisation, context.CancellationToken);

        // One more than asked for, to know whether there is a next page.
        var users = await UserStore.ListAsync(transaction, after, size + 1, context.CancellationToken);
        var response = new ListUsersResponse { Users = { users.Take(size).Select(static user => user.ToMessage()) } };
        if (users.Count > size) response.NextPageToken = pages.Write(caller, List, users[size - 1].EmailKey);
        return response;
    }

    public override async Task<User> UpdateUser(UpdateUserRequest request, ServerCallContext context)
    {
        var user = request.User ?? new User();
        var mask = UpdateMask.Resolve(
            request.UpdateMask,
            ("display_name", user.DisplayName.Length > 0), ("roles", user.Roles.Count > 0), ("attributes", user.Attributes.Count > 0), ("disabled", user.Disabled))
            .OrThrow();
        return (await administration.UpdateAsync(context.GetPrincipal(), user, mask, context.CancellationToken)).OrThrow().ToMessage();
    }
}
