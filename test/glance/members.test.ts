import { admin, noImage, rule } from '../support/glance-fixture.js'

rule('a new membership is pending and may not share, unless said otherwise', async (t, glance) => {
  const plain = await glance.members.create(admin, { values: { image_id: noImage, member: 'bob' } })
  t.match(plain, { image_id: noImage, member: 'bob', can_share: false, status: 'pending', deleted: false })
  const sharing = await glance.members.create(admin, {
    values: { image_id: noImage, member: 'carol', can_share: true, status: 'accepted' },
  })
  t.match(sharing, { can_share: true, status: 'accepted' })
})
