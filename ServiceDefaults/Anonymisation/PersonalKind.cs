namespace AiMesh.ServiceDefaults.Anonymisation;

/// <summary>Kinds of personal data that can be recognised and replaced.</summary>
public enum PersonalKind
{
    /// <summary>Not known.</summary>
    Unknown,

    /// <summary>An e-mail address.</summary>
    Email,

    /// <summary>A telephone number.</summary>
    Phone,

    /// <summary>Name of a person.</summary>
    Name,

    /// <summary>Number of a payment card.</summary>
    CardNumber,

    /// <summary>An international bank account number (ISO 13616).</summary>
    Iban,

    /// <summary>A number that a state gives a person, for example for tax or social security.</summary>
    NationalId,

    /// <summary>Street and house number.</summary>
    Address,

    /// <summary>An IPv4 or IPv6 address.</summary>
    IpAddress,
}

/// <summary>Where in a text personal data stands.</summary>
/// <param name="Start">Index of its first UTF-16 unit.</param>
/// <param name="Length">UTF-16 units.</param>
/// <param name="Kind">What it is.</param>
public readonly record struct PersonalSpan(int Start, int Length, PersonalKind Kind);

/// <summary>What becomes of personal data.</summary>
public enum AnonymisationMethod
{
    /// <summary>Most characters are replaced by "*".</summary>
    Mask,

    /// <summary>A keyed hash of 24 hexadecimal digits.</summary>
    Hash,

    /// <summary>Something of the same kind that belongs to nobody, the same for the same value under the same key.</summary>
    Pseudonym,

    /// <summary>Less exact: domain, network, country, street, initials.</summary>
    Generalise,
}
