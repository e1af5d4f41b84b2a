import { addImage, admin, alice, bob, fieldsOf, nobody, noImage, refused, rule } from '../support/glance-fixture.js'

const banana = '\u{1f34c}'

rule('a new membership is pending and may not share, unless said otherwise', async (t, glance) => {
  const plain = await glance.members.create(admin, { values: { image_id: noImage, member: 'bob' } })
  t.match(plain, { image_id: noImage, member: 'bob', can_share: false, status: 'pending', deleted: false })
  const sharing = await glance.members.create(admin, {
    values: { image_id: noImage, member: 'carol', can_share: true, status: 'accepted' },
  })
  t.match(sharing, { can_share: true, status: 'accepted' })
})

rule('a membership has exactly its eight fields', async (t, glance) => {
  const member = await glance.members.create(admin, { values: { image_id: noImage, member: 'bob' } })
  const fields = ['id', 'image_id', 'member', 'can_share', 'status', 'created_at', 'updated_at', 'deleted']
  t.strictSame(fieldsOf(member), fields.sort())
  t.strictSame(await glance.members.find(admin, {}), [member])
})

rule('times given for a new membership are ignored', async (t, glance) => {
  const values = { image_id: noImage, member: 'bob', created_at: new Date(0), deleted: true, deleted_at: new Date(0) }
  const member = await glance.members.create(admin, { values })
  t.ok(member.created_at.toDate().getTime() > 0)
  t.equal(member.deleted, false)
})

rule('memberships are numbered in the order of their making', async (t, glance) => {
  const first = await glance.members.create(admin, { values: { image_id: noImage, member: 'bob' } })
  const second = await glance.members.create(admin, { values: { image_id: noImage, member: 'carol' } })
  t.equal(second.id, first.id + 1)
})

rule('a second live membership of the same pair is let through: whoever calls looks before', async (t, glance) => {
  for (let n = 0; n < 2; n++) await glance.members.create(admin, { values: { image_id: noImage, member: 'bob' } })
  t.equal(await glance.members.count(admin, { image_id: noImage }), 2)
})

rule('values of a membership that do not fit are refused', async (t, glance) => {
  const wrong = [
    { image_id: noImage, member: banana },
    { image_id: noImage, member: 'm'.repeat(256) },
    { image_id: noImage, member: 'bob', status: 's'.repeat(21) },
    { image_id: 'i'.repeat(37), member: 'bob' },
    { image_id: noImage },
    { member: 'bob' },
  ]
  for (const values of wrong) await refused(t, glance.members.create(admin, { values }), 'Invalid')
  t.strictSame(await glance.members.find(admin, {}), [])
})

rule('an update changes the status and the time of the last change', async (t, glance) => {
  const made = await glance.members.create(admin, { values: { image_id: noImage, member: 'bob', can_share: true } })
  const values = { status: 'accepted', can_share: true }
  const member = await glance.members.update(admin, { memb_id: made.id, values })
  t.match(member, { id: made.id, status: 'accepted', can_share: true, member: 'bob' })
  t.ok(member.created_at.equals(made.created_at))
  t.ok(member.updated_at && member.updated_at > made.created_at)
})

rule('an update takes the right to share away unless it is given', async (t, glance) => {
  const { id } = await glance.members.create(admin, { values: { image_id: noImage, member: 'bob', can_share: true } })
  const member = await glance.members.update(admin, { memb_id: id, values: { status: 'accepted' } })
  t.equal(member.can_share, false)
})

rule('an update revives a membership that ended', async (t, glance) => {
  const { id } = await glance.members.create(admin, { values: { image_id: noImage, member: 'bob' } })
  await glance.members.delete(admin, { memb_id: id })
  const member = await glance.members.update(admin, { memb_id: id, values: { can_share: true } })
  t.match(member, { deleted: false, can_share: true })
  t.equal(await glance.members.count(admin, { image_id: noImage }), 1)
})

rule('an update ignores protected fields, the number and what is no column', async (t, glance) => {
  const made = await glance.members.create(admin, { values: { image_id: noImage, member: 'bob' } })
  const values = { id: 4711, created_at: new Date(0), deleted: true, fancy: 1, member: 'carol' }
  const member = await glance.members.update(admin, { memb_id: made.id, values })
  t.match(member, { id: made.id, deleted: false, member: 'carol' })
  t.ok(member.created_at.equals(made.created_at))
})

rule('a membership that is not there is neither updated nor deleted', async (t, glance) => {
  for (const memb_id of [4711, -1, 1.5, 1e300]) {
    await refused(t, glance.members.update(admin, { memb_id, values: {} }), 'NotFound', `update ${memb_id}`)
    await refused(t, glance.members.delete(admin, { memb_id }), 'NotFound', `delete ${memb_id}`)
  }
})

rule('a membership that ended is found when deleted ones are asked for', async (t, glance) => {
  const { id } = await glance.members.create(admin, { values: { image_id: noImage, member: 'bob' } })
  t.equal(await glance.members.delete(admin, { memb_id: id }), null)
  t.strictSame(await glance.members.find(admin, { image_id: noImage }), [])
  t.match(await glance.members.find(admin, { image_id: noImage, include_deleted: true }), [{ id, deleted: true }])
})

rule('several ended memberships of one pair may be kept', async (t, glance) => {
  for (let n = 0; n < 3; n++) {
    const { id } = await glance.members.create(admin, { values: { image_id: noImage, member: 'bob' } })
    await glance.members.delete(admin, { memb_id: id })
  }
  t.equal((await glance.members.find(admin, { include_deleted: true })).length, 3)
})

rule('memberships are found by image, member and status, in the order of their numbers', async (t, glance) => {
  const { id: first } = await addImage(glance)
  const { id: second } = await addImage(glance)
  const add = (image_id: string, member: string, status: string) =>
    glance.members.create(admin, { values: { image_id, member, status } })
  await add(first, 'zoe', 'accepted')
  await add(second, 'zoe', 'pending')
  await add(first, 'amy', 'pending')
  const found = async (filter: object) => {
    const members = await glance.members.find(admin, filter)
    return members.map(({ image_id, member }) => `${member} ${image_id === first ? 1 : 2}`)
  }
  t.strictSame(await found({}), ['zoe 1', 'zoe 2', 'amy 1'])
  t.strictSame(await found({ image_id: first }), ['zoe 1', 'amy 1'])
  t.strictSame(await found({ member: 'zoe' }), ['zoe 1', 'zoe 2'])
  t.strictSame(await found({ status: 'pending' }), ['zoe 2', 'amy 1'])
  t.strictSame(await found({ image_id: first, member: 'zoe', status: 'pending' }), [])
  t.strictSame(await found({ image_id: null, member: null, status: null }), ['zoe 1', 'zoe 2', 'amy 1'])
})

rule('who is no admin finds its own memberships and those of its own images', async (t, glance) => {
  const { id: ofAlice } = await addImage(glance, { owner: 'alice' })
  const { id: ofBob } = await addImage(glance, { owner: 'bob' })
  const { id: ofNobody } = await addImage(glance)
  for (const image_id of [ofAlice, ofBob, ofNobody]) {
    await glance.members.create(admin, { values: { image_id, member: 'carol' } })
  }
  const found = async (caller: typeof admin) => (await glance.members.find(caller, {})).map(({ image_id }) => image_id)
  t.strictSame(await found(alice), [ofAlice])
  t.strictSame(await found(bob), [ofBob])
  t.strictSame(await found({ isAdmin: false, owner: 'carol' }), [ofAlice, ofBob, ofNobody])
  t.strictSame(await found({ isAdmin: false, owner: 'dave' }), [])
  t.strictSame(await found(nobody), [ofNobody], 'an owner of null is equal to null')
})

rule('the members of an image are counted for whoever asks', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { owner: 'alice', visibility: 'private' })
  for (const member of ['bob', 'carol']) await glance.members.create(admin, { values: { image_id, member } })
  for (const caller of [admin, alice, nobody]) t.equal(await glance.members.count(caller, { image_id }), 2)
  t.equal(await glance.members.count(admin, { image_id: noImage }), 0)
  const [{ id }] = await glance.members.find(admin, { member: 'bob' })
  await glance.members.delete(admin, { memb_id: id })
  t.equal(await glance.members.count(admin, { image_id }), 1, 'those that ended are not')
})

rule('counting the members of no image is refused', async (t, glance) => {
  await refused(t, glance.members.count(admin, { image_id: null }), 'Invalid')
  await refused(t, glance.members.count(admin, { image_id: '' }), 'Invalid')
})
